// What the probability is made of: nomogram and equation of each model, and what the models are.

function buildDetail(model, answer, offset, reader) {
  const chart = element("div", { class: "chart" });
  const node = element(
    "section",
    { class: "model" },
    element("h2", {}, reader.say("nomogram"), element("span", { class: "condition" }, reader.task(model))),
    chart,
    equation(model, answer, offset, reader),
  );
  return { node, draw: () => drawInto(chart, model, answer, offset, reader) };
}

function drawInto(chart, model, answer, offset, reader) {
  const width = Math.floor(chart.clientWidth);
  if (width > 0) chart.replaceChildren(drawNomogram(model, answer, offset, reader, width) ?? "");
}

// Term by term; what is not known adds nothing that could be written down, and there is no sum.
function equation(model, answer, offset, reader) {
  const total = answer?.linearPredictor ?? null;
  const heads = ["term", "coefficient", "value", "adds"].map((key, i) =>
    element("th", { scope: "col", class: i ? "n" : null }, reader.say(key)),
  );
  const rows = [
    equationRow(reader.say("intercept"), signed(model.intercept, 5), "1", signed(model.intercept, 3)),
    ...model.inputs.flatMap((input) => termRows(model, input, answer?.values?.[input.name] ?? null, reader)),
    offset ? equationRow(reader.say("offset"), "", "", signed(offset, 3)) : null,
  ];
  const sum = equationRow(reader.say("logOdds"), "", "", total === null ? "–" : signed(total, 3));
  return element(
    "details",
    { class: "equation" },
    element("summary", {}, reader.say("equation")),
    element("p", { class: "hint" }, reader.say("equationHint", { label: reader.side(model, "positive") })),
    ...model.inputs.filter(({ knots }) => knots.length).map((input) => knotsHint(input, reader)),
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, heads)),
      element("tbody", {}, rows),
      element("tfoot", {}, sum),
    ),
  );
}

// What the primed terms of a spline are.
function knotsHint({ variable, knots }, reader) {
  const parts = { variable: reader.variable(variable), knots: reader.list(knots.map(plain)) };
  return element("p", { class: "hint" }, reader.say("knotsHint", parts));
}

function termRows(model, input, value, reader) {
  const own = value === null ? [] : valuesOfColumns(input, value);
  return input.columns.map(({ position, level, basis = 0 }, i) => {
    const coefficient = model.coefficients[position];
    const named = `${reader.variable(input.variable)}${reader.words.colon}`;
    const measured = reader.titled(input.variable) + "′".repeat(basis);
    const name = level === null ? measured : named + reader.level(input.variable, level);
    if (value === null) return equationRow(name, signed(coefficient, 5), "–", "–");
    const x = own[i];
    return equationRow(
      name,
      signed(coefficient, 5),
      plain(x),
      signed(coefficient * x, 3),
      x === 0 ? "idle" : null,
    );
  });
}

function equationRow(name, coefficient, value, part, kind = null) {
  const numbers = [coefficient, value, part].map((text) => element("td", { class: "n" }, text));
  return element("tr", { class: kind }, element("th", { scope: "row" }, name), numbers);
}

function buildAbout(models, data, reader) {
  return [
    element("summary", {}, reader.say("about")),
    ...models.map((model) => aboutModel(model, data, reader)),
  ];
}

function aboutModel(model, data, reader) {
  const { content } = model;
  const { n, n_patients: patients, n_events: events } = content.development;
  const sides = { positive: reader.side(model, "positive"), negative: reader.side(model, "negative") };
  const locked = content.thresholds.find((entry) => entry.locked);
  const sentences = [
    reader.say("whichTask", sides),
    reader.say("madeFrom", { n, patients, events, label: sides.positive }),
    aucText(content, reader),
    locked
      ? reader.say("threshold", {
          value: reader.share(locked.value),
          chosen: reader.words.chosen[locked.name] ?? locked.chosen,
        })
      : "",
    content.exclusions.length
      ? reader.say("notFor", { list: reader.list(content.exclusions.map(reader.exclusion)) })
      : "",
    ...content.model.notes.map(reader.sentence),
    reader.sentence(content.lineage.change),
    reader.say("fingerprint", { hash: content.sha256, version: content.lineage.her2mri }),
  ];
  const list = sentences.filter(Boolean).map((sentence) => element("li", {}, sentence));
  return element("section", {}, element("h3", {}, reader.task(model)), element("ul", {}, list));
}

function aucText(content, reader) {
  const two = (value) => value.toFixed(2);
  const list = content.performance
    .filter((row) => row.metric === "auc" && row.estimate !== null && row.conf_low !== null)
    .map((row) =>
      reader.say("aucOf", {
        sample: reader.words.samples[row.sample] ?? row.sample,
        estimate: two(row.estimate),
        low: two(row.conf_low),
        high: two(row.conf_high),
        n: row.n,
      }),
    );
  return list.length ? reader.say("auc", { list: list.join(reader.language === "zh" ? "；" : "; ") }) : "";
}
