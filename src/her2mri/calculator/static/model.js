// From a lesion to an answer: the same numbers as Bundle.predict in Python, by the same formulas.

// The answer of one model. `lesion` maps names to values (null: not known), `prevalence` is a share or null.
// {faults} where a value cannot be right; {refused} where the model must not answer; else the probability,
// its 95 % interval, points, contributions and warnings.
function predict(model, lesion, prevalence = null) {
  const offset = offsetOf(model, prevalence);
  const { values, faults, warnings, refusals } = readLesion(model, lesion);
  if (faults.length) return { faults, refused: [], warnings: [], missing: [] };
  if (refusals.length) return { faults: [], refused: refusals, warnings, missing: [] };
  const { x, missing, gaps } = columnsOf(model, values);
  const refused = (code) => ({ faults: [], refused: [{ code }], warnings, missing });
  if (missing.length === model.inputs.length) return refused("all_missing");
  const possible = gaps.length
    ? completions(model.content.development.joint, x, gaps, model.nodes)
    : { lesions: [x], weights: [1] };
  if (possible === null) return refused("too_many_missing");
  possible.lesions = possible.lesions.map((plain) => expanded(model, plain));
  const answer = { ...probabilityOf(model, possible, offset), ...partsOf(model, values, missing, offset) };
  answer.calls = callsOf(model, answer.probability);
  const remarks = remarksOf(model, possible.lesions[0], answer, missing, prevalence);
  return { faults: [], refused: [], missing, values, ...answer, warnings: [...warnings, ...remarks] };
}

// What a prevalence other than that of development adds to the log-odds.
function offsetOf(model, prevalence) {
  return prevalence === null ? 0 : logit(prevalence) - logit(model.content.development.prevalence);
}

// The lesion's plain columns, NaN where missing.
function columnsOf(model, values) {
  const x = model.plain.map(() => 0);
  const missing = [];
  const gaps = [];
  for (const input of model.inputs) {
    const value = values[input.name];
    const own = value === null ? [] : valuesOfColumns(input, value);
    input.plain.forEach((position, i) => (x[position] = value === null ? NaN : own[i]));
    if (value !== null) continue;
    missing.push(input.name);
    if (input.plain.length) gaps.push({ columns: input.plain, isCategory: input.levels.length > 0 });
  }
  return { x, missing, gaps };
}

// An input's columns at a value: 0 or 1 for each level, or the measurement with the bends of its spline.
function valuesOfColumns(input, value) {
  if (typeof value === "string") return input.columns.map(({ level }) => Number(value === level));
  return input.knots.length ? restrictedCubicSpline(value, input.knots) : input.columns.map(() => value);
}

// All columns of a lesion whose plain columns are these.
function expanded(model, plain) {
  const x = model.content.encoding.terms.map(() => 0);
  model.plain.forEach((position, i) => (x[position] = plain[i]));
  for (const { columns, knots, plain: own } of model.inputs) {
    if (!knots.length) continue;
    restrictedCubicSpline(plain[own[0]], knots).forEach((bend, i) => (x[columns[i].position] = bend));
  }
  return x;
}

// Averaged over what the lesion may be; with nothing missing that is one lesion of weight 1. No interval where
// nothing is known of the coefficients' covariance.
function probabilityOf(model, { lesions, weights }, offset) {
  const logOdds = lesions.map((x) => model.intercept + dot(model.coefficients, x) + offset);
  const shares = logOdds.map(expit);
  const [confLow, confHigh] = model.covariance ? boundsOf(model, lesions, logOdds, weights) : [null, null];
  return {
    probability: Math.min(Math.max(dot(weights, shares), 0), 1),
    confLow,
    confHigh,
    spreadLow: weightedQuantile(0.025, shares, weights),
    spreadHigh: weightedQuantile(0.975, shares, weights),
  };
}

function boundsOf(model, lesions, logOdds, weights) {
  const errors = lesions.map((x) => Math.sqrt(Math.max(quadraticForm([1, ...x], model.covariance), 0)));
  const ends =
    lesions.length === 1
      ? [logOdds[0] - Z_95 * errors[0], logOdds[0] + Z_95 * errors[0]]
      : [0.025, 0.975].map((tail) => mixtureQuantile(tail, logOdds, errors, weights));
  return ends.map(expit);
}

// Linear predictor, points and contributions by variable; null where the variable is missing.
function partsOf(model, values, missing, offset) {
  const means = model.content.development.moments.mean;
  const unit = pointUnit(model);
  const points = {};
  const contributions = {};
  let baseline = model.intercept + dot(model.coefficients, means) + offset;
  let linearPredictor = baseline;
  let totalPoints = 0;
  for (const input of model.inputs) {
    const value = values[input.name];
    const known = value !== null;
    const mean = input.columns.reduce((sum, { position: k }) => sum + model.coefficients[k] * means[k], 0);
    const part = known ? termSum(model, input, value) : null;
    points[input.name] = known ? (unit ? (part - axisRange(model, input).low) / unit : 0) : null;
    contributions[input.name] = known ? part - mean : null;
    linearPredictor += known ? part - mean : 0;
    totalPoints += points[input.name] ?? 0;
  }
  const whole = missing.length === 0;
  return {
    baseline,
    contributions,
    points,
    linearPredictor: whole ? linearPredictor : null,
    totalPoints: whole ? totalPoints : null,
  };
}

// What a value adds to the linear predictor: coefficient times column, over the variable's columns.
function termSum(model, input, value) {
  const own = valuesOfColumns(input, value);
  return input.columns.reduce((sum, { position }, i) => sum + model.coefficients[position] * own[i], 0);
}

// The smallest and largest part on the variable's axis: over the levels met, or the ticks.
function axisRange(model, input) {
  const { ticks, counts } = input.summary;
  const parts = (ticks ?? Object.keys(counts)).map((v) => termSum(model, input, v));
  return { low: Math.min(...parts), high: Math.max(...parts) };
}

// The log-odds of one point: the widest axis has 100.
function pointUnit(model) {
  const spans = model.inputs.map((input) => axisRange(model, input)).map(({ low, high }) => high - low);
  return Math.max(...spans) / 100;
}

// The log-odds at a total of 0 points.
function pointOrigin(model) {
  return model.inputs.reduce((sum, input) => sum + axisRange(model, input).low, model.intercept);
}

function callsOf(model, probability) {
  return Object.fromEntries(
    model.content.thresholds.map((entry) => [entry.name, probability >= entry.value]),
  );
}

function remarksOf(model, x, answer, missing, prevalence) {
  const { moments, prevalence: own } = model.content.development;
  const remarks = [];
  if (missing.length) {
    remarks.push({ code: "missing", variables: missing, low: answer.spreadLow, high: answer.spreadHigh });
  }
  if (!missing.length) {
    const away = x.map((value, i) => value - moments.mean[i]);
    const distance = Math.sqrt(Math.max(quadraticForm(away, moments.precision), 0));
    // One lesion of development lies at the limit itself: rounding must not decide what is said of it.
    if (distance > moments.distance_99 * (1 + 1e-9)) remarks.push({ code: "unusual" });
  }
  if (answer.confLow === null) remarks.push({ code: "no_interval" });
  if (prevalence !== null) remarks.push({ code: "prevalence", from: own, to: prevalence });
  if (model.content.card.notice) remarks.push({ code: "not_patients", text: model.content.card.notice });
  return remarks;
}

// Whether the model gives, for the lesions that its bundle carries along, the answers written beside them.
function passesChecks(model) {
  const near = (found, expected) => found === expected || Math.abs(found - expected) <= 1e-9;
  return model.content.checks.every((check) => {
    const answer = predict(model, check.lesion);
    return (
      !answer.faults.length &&
      !answer.refused.length &&
      near(answer.probability, check.probability) &&
      near(answer.confLow, check.conf_low) &&
      near(answer.confHigh, check.conf_high)
    );
  });
}
