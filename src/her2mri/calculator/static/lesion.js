// One lesion as it was typed: checked against the bundle's slice of the dictionary.

// A bundle made ready to be asked: its content, and the inputs in the order of the encoding with their columns.
// The plain columns are those that are no bends of a spline: of them the model of missing inputs speaks.
function modelOf(content, nodes) {
  const variables = new Map(content.dictionary.variables.map((variable) => [variable.name, variable]));
  const terms = content.encoding.terms.map((term, position) => ({ ...term, position }));
  const plain = terms.filter((term) => !term.basis).map((term) => term.position);
  const inputs = content.encoding.variables.map(({ name, levels, knots = [] }) => ({
    name,
    levels,
    knots,
    variable: variables.get(name),
    summary: content.development.variables[name],
    columns: terms.filter((term) => term.variable === name),
  }));
  inputs.forEach((input) => {
    input.plain = input.columns.filter((term) => !term.basis).map((term) => plain.indexOf(term.position));
  });
  return { content, variables, inputs, plain, nodes, ...content.parameters };
}

// {values, faults, warnings, refusals}; each of the last three is a list of {code, variable, ...}.
function readLesion(model, lesion) {
  const found = { values: {}, faults: [], warnings: [], refusals: [] };
  for (const input of model.inputs) {
    const { name } = input;
    const { value, fault } = readValue(input.variable, lesion[name]);
    if (fault) {
      found.faults.push({ ...fault, variable: name });
      continue;
    }
    found.values[name] = value;
    if (value === null) continue;
    if (typeof value === "string") {
      if (!input.levels.includes(value)) found.refusals.push({ code: "unmet_level", variable: name, value });
    } else if (!(input.summary.low <= value && value <= input.summary.high)) {
      const { low, high } = input.summary;
      found.warnings.push({ code: "out_of_range", variable: name, value, low, high });
    }
  }
  for (const exclusion of model.content.exclusions) {
    const { variable: name, reason } = exclusion;
    const { value, fault } = readValue(model.variables.get(name), lesion[name]);
    if (fault) found.faults.push({ ...fault, variable: name });
    else if (exclusion.equals.includes(value)) {
      found.refusals.push({ code: "excluded", variable: name, reason });
    }
  }
  return found;
}

// {value} as the dictionary stores it (null: missing), or {fault}.
function readValue(variable, given) {
  if (given === undefined || given === null || given === "" || Number.isNaN(given)) return { value: null };
  if (!variable.levels.length) return readNumber(variable, given);
  const spelling = String(given).trim().toLowerCase();
  for (const level of variable.levels) {
    const spellings = [level.value, level.label, ...level.aliases];
    if (spellings.some((known) => known.trim().toLowerCase() === spelling)) return { value: level.value };
  }
  return { fault: { code: "not_a_level" } };
}

function readNumber(variable, given) {
  if (typeof given !== "number") return { fault: { code: "not_a_number" } };
  const [low, high] = variable.bounds ?? [-1e9, 1e9];
  if (low <= given && given <= high) return { value: given };
  const slip = variable.unit_slips.find((range) => range.low <= given && given <= range.high) ?? null;
  return { fault: { code: "impossible", value: given, low, high, slip } };
}
