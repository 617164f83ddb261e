// Two models as one answer of three classes: the second asks about one side of the first.

// {classes: [{model, side, probability, confLow, confHigh}], answers}. `classes` is empty where a model cannot
// answer. `side` is "positive" or "negative": which label of the model's task the class has.
function predictChain(chain, lesion, prevalence) {
  const answers = chain.models.map((model, i) => predict(model, lesion, prevalence[i]));
  if (answers.some((answer) => answer.faults.length || answer.refused.length))
    return { classes: [], answers };
  return {
    classes: chain.models.length === 1 ? twoClasses(answers[0]) : threeClasses(chain, answers),
    answers,
  };
}

function twoClasses({ probability, confLow, confHigh }) {
  return [
    { model: 0, side: "positive", probability, confLow, confHigh },
    {
      model: 0,
      side: "negative",
      probability: 1 - probability,
      confLow: confHigh === null ? null : 1 - confHigh,
      confHigh: confLow === null ? null : 1 - confLow,
    },
  ];
}

function threeClasses({ afterEvent, nodes }, [first, second]) {
  const [event, other] = twoClasses(first);
  const [alone, rest] = afterEvent ? [other, event.probability] : [event, other.probability];
  const parts = ["positive", "negative"].map((side) => {
    const share = side === "positive" ? second.probability : 1 - second.probability;
    const [confLow, confHigh] = boundsOfProduct({ afterEvent, nodes }, first, second, side);
    return { model: 1, side, probability: rest * share, confLow, confHigh };
  });
  return afterEvent ? [...parts, alone] : [alone, ...parts];
}

function boundsOfProduct({ afterEvent, nodes }, first, second, side) {
  if (first.confLow === null || second.confLow === null) return [null, null];
  const grids = [normalGrid(first, nodes.normal), normalGrid(second, nodes.normal)];
  const left = afterEvent ? grids[0] : grids[0].map((share) => 1 - share);
  const right = side === "positive" ? grids[1] : grids[1].map((share) => 1 - share);
  const products = Float64Array.from(left.flatMap((a) => right.map((b) => a * b))).sort();
  return [0.025, 0.975].map((tail) => sortedQuantile(tail, products));
}

// Equally probable probabilities: log-odds taken as normal, as wide as the interval.
function normalGrid({ confLow, confHigh }, normal) {
  const [low, high] = [confLow, confHigh].map((end) => logit(Math.min(Math.max(end, 1e-9), 1 - 1e-9)));
  return normal.map((node) => expit((low + high) / 2 + ((high - low) / (2 * Z_95)) * node));
}
