// Numbers and names as people read them in one language.

// Everything that is said: `say(key, {…})` fills the page's words, the others name things of the dictionary.
function readerOf(language, data) {
  const words = WORDS[language];
  const own = data.words[language] ?? {};
  const say = (key, parts = {}) =>
    words[key].replace(/\{(\w+)\}/g, (_, name) => (name in parts ? parts[name] : ""));
  const unit = (variable) => own.units?.[variable.unit] ?? variable.unit;
  const sentence = (text) =>
    Object.entries(own.sentences ?? {}).reduce((made, [english, said]) => made.replace(english, said), text);
  return {
    language,
    words,
    say,
    unit,
    sentence,
    group: (name, label) => own.groups?.[name] ?? label,
    variable: (variable) => own.variables?.[variable.name] ?? variable.label,
    titled: (variable) => {
      const label = own.variables?.[variable.name] ?? variable.label;
      return variable.unit ? `${label} (${unit(variable)})` : label;
    },
    level: (variable, value) =>
      own.levels?.[variable.name]?.[value] ?? variable.levels.find((level) => level.value === value).label,
    description: (variable) => own.descriptions?.[variable.name] ?? variable.description,
    exclusion: (exclusion) => own.exclusions?.[exclusion.reason] ?? exclusion.label,
    task: (model, part = "label") => own.tasks?.[model.content.task.name]?.[part] ?? model.content.task[part],
    side: (model, side) =>
      own.tasks?.[model.content.task.name]?.[`${side}_label`] ?? model.content.task[`${side}_label`],
    share: (probability) => shareText(probability, words.percent),
    range: (low, high) => low === null ? "" : `${shareText(low, "")}–${shareText(high, words.percent)}`,
    question: (labels) => {
      const list = [labels.slice(0, -1).join(words.comma), labels.at(-1)].join(words.or);
      return say("question", { list });
    },
    list: (parts) => parts.join(words.comma),
  };
}

// A probability in per cent, to a tenth; what would round to none or all of it is said to be less or more.
function shareText(probability, percent) {
  if (probability < 0.0005) return `<0.1${percent}`;
  if (probability > 0.9995) return `>99.9${percent}`;
  return `${(100 * probability).toFixed(1)}${percent}`;
}

// A measurement, as short as it is exact.
function plain(value) {
  return String(Number(value.toPrecision(6))).replace("-", "−");
}

// Points as they are written beside a finding.
function whole(points) {
  return points
    .toFixed(0)
    .replace(/^-(?!0$)/, "−")
    .replace("-", "");
}

function signed(value, decimals) {
  const text = Math.abs(value).toFixed(decimals);
  return Number(text) === 0 ? text : `${value < 0 ? "−" : "+"}${text}`;
}

// How many times the odds of the average lesion: exp(contribution).
function oddsText(contribution) {
  const times = Math.exp(contribution);
  if (times < 0.0995) return `× ${times.toPrecision(1)}`;
  return `× ${times.toFixed(times < 0.995 ? 2 : times < 9.95 ? 1 : 0)}`;
}

// What someone typed as a number: also with a decimal comma, or with full-width digits of an input method.
function numberOf(text) {
  const ordinary = text
    .normalize("NFKC")
    .replace(/[−–]/g, "-")
    .replace(/[,，。]/g, ".")
    .trim();
  if (ordinary === "") return null;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(ordinary) ? Number(ordinary) : ordinary;
}

// An element with attributes (null and false are left out) and children (texts or nodes).
function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}
