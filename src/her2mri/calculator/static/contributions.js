// Why: how much each finding speaks for the event or against it.

// One row a finding: the bar goes right for the event and left against it.
function contributionTable(model, answer, reader) {
  const longest = Math.max(...model.inputs.map((input) => widestContribution(model, input)), 1e-9);
  const heads = ["finding", null, "odds", "pointsColumn"].map((key, i) =>
    key === null
      ? element("td", { class: "bars" })
      : element("th", { scope: "col", class: i ? "n" : null }, reader.say(key)),
  );
  const label = reader.side(model, "positive");
  return element(
    "table",
    { class: "contributions" },
    element("caption", { class: "hint" }, reader.say("contributionsHint", { label })),
    element("thead", {}, element("tr", {}, heads)),
    element(
      "tbody",
      {},
      model.inputs.map((input) => contributionRow(input, answer, longest, reader)),
    ),
  );
}

function contributionRow(input, answer, longest, reader) {
  const value = answer.values[input.name];
  const part = answer.contributions[input.name];
  const isOpen = value === null;
  const said = isOpen ? reader.say("notKnown") : valueText(input.variable, value, reader);
  return element(
    "tr",
    { class: isOpen ? "open" : null },
    element(
      "th",
      { scope: "row" },
      `${reader.variable(input.variable)}${reader.words.colon}`,
      element("span", {}, said),
    ),
    element("td", { class: "bars" }, isOpen ? null : contributionBar(part / longest)),
    element("td", { class: "n" }, isOpen ? "–" : oddsText(part)),
    element("td", { class: "n" }, isOpen ? "–" : whole(answer.points[input.name])),
  );
}

// The longest bar that a value within development can have, so that bars keep their scale while typing.
function widestContribution(model, input) {
  const { low, high } = axisRange(model, input);
  const means = model.content.development.moments.mean;
  const mean = input.columns.reduce((sum, { position: k }) => sum + model.coefficients[k] * means[k], 0);
  return Math.max(high - mean, mean - low);
}

function contributionBar(share) {
  const bar = element("i", { class: share < 0 ? "against" : "for" });
  const width = Math.min(Math.abs(share), 1) * 50;
  bar.style.width = `${width}%`;
  bar.style.left = `${share < 0 ? 50 - width : 50}%`;
  return bar;
}

function valueText(variable, value, reader) {
  if (typeof value === "string") return reader.level(variable, value);
  return variable.unit ? `${plain(value)} ${reader.unit(variable)}` : plain(value);
}
