// What the models say of the lesion: the classes, each task, and what must be read with it.

const PLACES = ["first", "second", "third"];

// What is always in view: the classes as a bar and as numbers, or why there are none.
function buildHeadline(chain, outcome, reader, notice) {
  const mark = notice ? element("p", { class: "mark-notice" }, reader.say("mark")) : null;
  const title = element("div", { class: "head" }, element("h2", {}, reader.say("result")), mark);
  if (!outcome.classes.length) return [title, ...withoutAnswer(chain, outcome, reader)];
  const places = outcome.classes.length === 2 ? ["first", "third"] : PLACES;
  const named = outcome.classes.map((part, i) => ({
    ...part,
    place: places[i],
    label: reader.side(chain.models[part.model], part.side),
  }));
  const bar = element("div", { class: "bar", "aria-hidden": "true" });
  named.forEach(({ place, probability }) => {
    const piece = element("i", { class: place });
    piece.style.width = `${100 * probability}%`;
    bar.append(piece);
  });
  const largest = Math.max(...named.map(({ probability }) => probability));
  const items = named.map(({ place, label, probability, confLow, confHigh }) =>
    element(
      "li",
      { class: probability === largest ? `${place} largest` : place },
      element("span", { class: "class-name" }, label),
      element("b", {}, reader.share(probability)),
      element("span", { class: "between" }, reader.range(confLow, confHigh)),
    ),
  );
  return [title, bar, element("ul", { class: "classes" }, items)];
}

function withoutAnswer(chain, outcome, reader) {
  const { answers } = outcome;
  if (answers.some((answer) => answer.faults.length))
    return [element("p", { class: "none" }, reader.say("faulty"))];
  const reasons = new Set();
  answers.forEach((answer, i) =>
    answer.refused.forEach((reason) => reasons.add(refusalText(chain.models[i], reason, reader))),
  );
  if (answers.every((answer) => answer.refused.some(({ code }) => code === "all_missing"))) {
    return [element("p", { class: "none" }, reader.say("start"))];
  }
  const list = element(
    "ul",
    {},
    [...reasons].map((reason) => element("li", {}, reason)),
  );
  return [element("p", { class: "none refused" }, reader.say("refused")), list];
}

function refusalText(model, { code, variable, value, reason }, reader) {
  const task = reader.task(model);
  if (code === "excluded") {
    const exclusion = model.content.exclusions.find((entry) => entry.reason === reason);
    return reader.say(code, { exclusion: reader.exclusion(exclusion) });
  }
  if (code === "unmet_level") {
    const known = model.variables.get(variable);
    return reader.say(code, { variable: reader.variable(known), value: reader.level(known, value) });
  }
  return reader.say(code, {
    task,
    list: reader.list(model.inputs.map((input) => reader.variable(input.variable))),
  });
}

// The remarks, then one task after the other.
function buildRest(chain, outcome, reader) {
  const list = remarksList(chain, outcome, reader).map(({ kind, nodes }) =>
    element("li", { class: kind }, nodes),
  );
  return [
    list.length ? element("h3", { class: "unseen" }, reader.say("said")) : null,
    list.length ? element("ul", { class: "remarks" }, list) : null,
    ...chain.models.map((model, i) => taskRow(chain, i, outcome.answers[i], reader)),
  ].filter(Boolean);
}

function taskRow(chain, i, answer, reader) {
  if (answer.probability === undefined) return null;
  const model = chain.models[i];
  const positive = reader.side(model, "positive");
  const condition =
    i === 0
      ? ""
      : reader.say("given", {
          label: reader.side(chain.models[0], chain.afterEvent ? "positive" : "negative"),
        });
  const [low, high] = [answer.confLow, answer.confHigh].map((end) => end !== null && reader.share(end));
  const facts = [low ? reader.say("interval", { low, high }) : reader.say("noInterval")];
  if (answer.totalPoints !== null) facts.push(reader.say("points", { n: whole(answer.totalPoints) }));
  const locked = model.content.thresholds.find((entry) => entry.locked) ?? null;
  return element(
    "div",
    { class: `task ${i === 0 ? "first" : "second"}` },
    element(
      "h3",
      {},
      reader.say("probabilityAxis", { label: positive }),
      condition ? element("span", { class: "condition" }, condition) : null,
    ),
    element(
      "p",
      { class: "figure" },
      element("b", {}, reader.share(answer.probability)),
      ` ${facts.join(" · ")}`,
    ),
    strip(answer, locked),
    locked ? element("p", { class: "call" }, callText(model, answer, locked, reader)) : null,
    contributionTable(model, answer, reader),
  );
}

function callText(model, answer, locked, reader) {
  const isEvent = answer.calls[locked.name];
  const label = reader.side(model, isEvent ? "positive" : "negative");
  return reader.say(isEvent ? "above" : "below", { label, threshold: reader.share(locked.value) });
}

// From 0 to 100 per cent: the interval as a band, the probability as a dot, the threshold as a mark.
function strip({ probability, confLow, confHigh }, locked) {
  const at = (share) => `${(100 * share).toFixed(2)}%`;
  const line = (kind, from, to, y1, y2) => svg("line", { class: kind, x1: at(from), x2: at(to), y1, y2 });
  return svg(
    "svg",
    { class: "strip", height: 22, "aria-hidden": "true" },
    line("axis", 0, 1, 11, 11),
    [0, 0.25, 0.5, 0.75, 1].map((share) => line("axis", share, share, 8, 14)),
    confLow === null ? null : line("reach", confLow, confHigh, 11, 11),
    locked ? line("threshold", locked.value, locked.value, 0, 22) : null,
    svg("circle", { class: "mark", cx: at(probability), cy: 11, r: 6 }),
  );
}

// Each remark once, with links from the missing findings to their fields.
function remarksList(chain, outcome, reader) {
  const found = new Map();
  outcome.answers.forEach((answer, i) => {
    for (const warning of answer.warnings ?? []) {
      if (warning.code === "not_patients") continue; // it stands above, with every number
      const { kind, nodes, text } = remark(chain.models[i], warning, reader);
      found.set(text, { kind, nodes, text });
    }
  });
  return [...found.values()];
}

function remark(model, warning, reader) {
  const { code } = warning;
  const task = reader.task(model);
  const plainly = (text) => ({ kind: code, text, nodes: [text] });
  if (code === "missing") return missingRemark(model, warning, reader);
  if (code === "out_of_range") {
    const known = model.variables.get(warning.variable);
    const [value, low, high] = [warning.value, warning.low, warning.high].map(plain);
    return plainly(reader.say(code, { variable: reader.variable(known), value, low, high }));
  }
  const [from, to] = [warning.from, warning.to].map((share) =>
    share === undefined ? "" : reader.share(share),
  );
  return plainly(reader.say(code, { task, from, to }));
}

function missingRemark(model, { variables, low, high }, reader) {
  const names = variables.map((name) => reader.variable(model.variables.get(name)));
  const said = { label: reader.side(model, "positive"), low: reader.share(low), high: reader.share(high) };
  const [before, after] = reader.say("missing", { ...said, list: "\u0000" }).split("\u0000");
  const links = variables.flatMap((name, i) => [
    i ? reader.words.comma : "",
    element("a", { href: `#field-${name}`, "data-field": name }, names[i]),
  ]);
  return { kind: "missing", text: before + names.join() + after, nodes: [before, ...links, after] };
}

// One sentence for those who listen.
function statusText(chain, outcome, reader) {
  if (!outcome.classes.length)
    return withoutAnswer(chain, outcome, reader)
      .map((node) => node.textContent)
      .join(" ");
  const classes = outcome.classes.map(
    (part) => `${reader.side(chain.models[part.model], part.side)} ${reader.share(part.probability)}`,
  );
  return reader.say("status", {
    classes: reader.list(classes),
    n: String(remarksList(chain, outcome, reader).length),
  });
}
