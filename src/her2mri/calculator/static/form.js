// The form: one field for each variable that a model asks for, grouped as a radiologist reads.

const MOST_CHOICES = 8; // a category with more levels is a list to choose from

// The variables of all models once each. The dictionary begins with what is known last, so its groups are turned.
function fieldsOf(models) {
  const inputs = new Map();
  for (const model of models) {
    for (const input of model.inputs) {
      if (!inputs.has(input.name)) inputs.set(input.name, { ...input, ranges: [] });
      if (!input.levels.length) inputs.get(input.name).ranges.push([input.summary.low, input.summary.high]);
    }
  }
  const order = new Map();
  for (const model of models) {
    for (const variable of model.content.dictionary.variables) {
      if (!inputs.has(variable.name)) continue;
      if (!order.has(variable.group)) order.set(variable.group, new Map());
      order.get(variable.group).set(variable.name, inputs.get(variable.name));
    }
  }
  const labels = Object.assign({}, ...models.map((model) => model.content.dictionary.groups));
  return [...order]
    .reverse()
    .map(([name, fields]) => ({ name, label: labels[name], fields: [...fields.values()] }));
}

// The exclusions that are not inputs, once each.
function exclusionsOf(models) {
  const asked = new Set(models.flatMap((model) => model.inputs.map((input) => input.name)));
  const found = new Map();
  for (const model of models) {
    for (const exclusion of model.content.exclusions) {
      if (!asked.has(exclusion.variable)) found.set(exclusion.variable, exclusion);
    }
  }
  return [...found.values()];
}

function buildForm(models, state, reader) {
  const groups = fieldsOf(models).map((group) =>
    element(
      "fieldset",
      {},
      element("legend", {}, reader.group(group.name, group.label)),
      group.fields.map((field) => fieldOf(field, state, reader)),
    ),
  );
  return [
    ...groups,
    exclusionField(models, state, reader),
    caseMix(models, state, reader),
    caseLabel(state, reader),
  ];
}

function fieldOf(field, state, reader) {
  if (!field.levels.length) return numberField(field, state, reader);
  return field.variable.levels.length > MOST_CHOICES
    ? listField(field, state, reader)
    : choiceField(field, state, reader);
}

function choiceField({ name, variable }, state, reader) {
  const hint = reader.description(variable);
  const described = hint ? `hint-${name}` : null;
  const choice = (value, text, digit) =>
    element(
      "label",
      { class: value === "" ? "choice open" : "choice" },
      element("input", { type: "radio", name, value, checked: (state.lesion[name] ?? "") === value }),
      element("span", {}, element("kbd", { "aria-hidden": "true" }, String(digit)), text),
    );
  const levels = variable.levels.map(({ value }, i) => choice(value, reader.level(variable, value), i + 1));
  return element(
    "div",
    {
      class: "field",
      id: `field-${name}`,
      role: "radiogroup",
      "aria-labelledby": `name-${name}`,
      "aria-describedby": described,
    },
    element("span", { class: "name", id: `name-${name}` }, reader.variable(variable)),
    element("div", { class: "choices" }, levels, choice("", reader.say("notKnown"), 0)),
    hint ? element("span", { class: "hint", id: described }, hint) : null,
  );
}

function listField({ name, variable }, state, reader) {
  const option = (value, text) =>
    element("option", { value, selected: (state.lesion[name] ?? "") === value }, text);
  const options = variable.levels.map(({ value }) => option(value, reader.level(variable, value)));
  return element(
    "div",
    { class: "field", id: `field-${name}` },
    element("label", { class: "name", for: `input-${name}` }, reader.variable(variable)),
    element("select", { id: `input-${name}`, name }, option("", reader.say("notKnown")), options),
  );
}

function numberField({ name, variable, ranges }, state, reader) {
  const [low, high] = [Math.min(...ranges.map(([a]) => a)), Math.max(...ranges.map(([, b]) => b))];
  const range = reader.say("development", { low: plain(low), high: plain(high) });
  return typedField(
    {
      name,
      label: reader.variable(variable),
      unit: reader.unit(variable),
      hint: reader.description(variable),
      range,
      text: state.typed[name] ?? "",
    },
    { inputmode: "decimal", class: "number" },
  );
}

function typedField({ name, label, unit = "", hint = "", range = "", text }, attributes) {
  const described = ["hint", "range", "error"].map((part) => `${part}-${name}`).join(" ");
  return element(
    "div",
    { class: "field", id: `field-${name}` },
    element("label", { class: "name", for: `input-${name}` }, label),
    element(
      "div",
      { class: "typed" },
      element("input", {
        id: `input-${name}`,
        name,
        type: "text",
        autocomplete: "off",
        spellcheck: "false",
        value: text,
        "aria-describedby": described,
        ...attributes,
      }),
      element("span", { class: "unit" }, unit),
      element("span", { class: "range", id: `range-${name}` }, range),
      element("span", { class: "error", id: `error-${name}`, role: "alert" }),
    ),
    element("span", { class: "hint", id: `hint-${name}` }, hint),
  );
}

function exclusionField(models, state, reader) {
  const boxes = exclusionsOf(models).map((exclusion) =>
    element(
      "label",
      { class: "choice" },
      element("input", {
        type: "checkbox",
        name: exclusion.variable,
        value: exclusion.equals[0],
        checked: state.lesion[exclusion.variable] === exclusion.equals[0],
      }),
      element("span", {}, reader.exclusion(exclusion)),
    ),
  );
  if (!boxes.length) return null;
  return element(
    "fieldset",
    { class: "exclusions" },
    element("legend", {}, reader.say("exclusions")),
    element("div", { class: "choices" }, boxes),
  );
}

function caseMix(models, state, reader) {
  const fields = models.map((model, i) => {
    const label = reader.side(model, "positive");
    const share = reader.share(model.content.development.prevalence);
    const texts = {
      label: reader.say("caseMixField", { label }),
      hint: reader.say("caseMixHint", { label, share }),
    };
    const name = `prevalence-${i}`;
    return typedField(
      { name, unit: "%", ...texts, text: state.typed[name] ?? "" },
      { inputmode: "decimal", class: "number" },
    );
  });
  const open = models.some((_, i) => state.typed[`prevalence-${i}`]);
  return element("details", { class: "mix", open }, element("summary", {}, reader.say("caseMix")), fields);
}

function caseLabel(state, reader) {
  const texts = { name: "case", label: reader.say("caseLabel"), hint: reader.say("caseLabelHint") };
  return typedField({ ...texts, text: state.typed.case ?? "" }, { class: "case" });
}
