// The page: what is typed, what follows from it, and nothing kept when it closes.

const data = JSON.parse(document.getElementById("data").textContent);
const models = data.bundles.map((content) => modelOf(content, data.nodes));
const chain = { models, afterEvent: data.after_event, nodes: data.nodes };
const notice = data.bundles.map((content) => content.card.notice).find(Boolean) ?? "";
const state = { lesion: {}, typed: {}, errors: {}, prevalence: models.map(() => null) };
const part = (id) => document.getElementById(id);
const languages = Object.keys(WORDS);
const preferred = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => languages.includes(tag));
let reader = readerOf(preferred ?? "en", data);
let redraw = [];
let announcement = 0;

function outcomeOf() {
  const wrong = Object.keys(state.errors).length > 0;
  const outcome = predictChain(chain, state.lesion, state.prevalence);
  if (!wrong) return outcome;
  const answers = models.map(() => ({
    faults: [{ code: "impossible" }],
    refused: [],
    warnings: [],
    missing: [],
  }));
  return { classes: [], answers };
}

// Everything in the language chosen, with what has been typed so far.
function showAll() {
  document.documentElement.lang = reader.language === "zh" ? "zh-Hans" : reader.language;
  document
    .querySelectorAll("[data-say]")
    .forEach((node) => (node.textContent = reader.say(node.dataset.say)));
  const title = reader.question(classLabels());
  document.title = title;
  part("title").textContent = title;
  part("notice").textContent = reader.sentence(notice);
  part("notice").hidden = !notice;
  part("form").setAttribute("aria-label", reader.say("form"));
  part("headline").setAttribute("aria-label", reader.say("result"));
  part("form").replaceChildren(keysHint(), ...buildForm(models, state, reader).filter(Boolean));
  part("about").replaceChildren(...buildAbout(models, data, reader));
  Object.keys(state.errors).forEach(showError);
  showTools();
  showAnswer();
}

// The two or three classes that the page tells apart, in the order of the bar.
function classLabels() {
  const [first, second] = models;
  const sides = (model) => [reader.side(model, "positive"), reader.side(model, "negative")];
  if (!second) return sides(first);
  return chain.afterEvent ? [...sides(second), sides(first)[1]] : [sides(first)[0], ...sides(second)];
}

function keysHint() {
  return element("p", { class: "hint keys" }, reader.say("keys"));
}

function showTools() {
  const choices = languages.map((language) =>
    element(
      "button",
      {
        type: "button",
        lang: language,
        "aria-pressed": String(language === reader.language),
        "data-language": language,
      },
      WORDS[language].name,
    ),
  );
  part("languages").replaceChildren(...choices);
  part("languages").setAttribute("aria-label", reader.say("language"));
  part("theme").textContent = reader.say(
    document.documentElement.dataset.theme === "dark" ? "light" : "dark",
  );
}

function showAnswer() {
  const outcome = outcomeOf();
  part("headline").replaceChildren(...buildHeadline(chain, outcome, reader, notice));
  part("rest").replaceChildren(...buildRest(chain, outcome, reader));
  const isOpen = [...document.querySelectorAll("#details details.equation")].map((node) => node.open);
  const details = models.map((model, i) =>
    buildDetail(model, outcome.answers[i], offsetOf(model, state.prevalence[i]), reader),
  );
  part("details").replaceChildren(...details.map(({ node }) => node));
  document
    .querySelectorAll("#details details.equation")
    .forEach((node, i) => (node.open = isOpen[i] ?? false));
  redraw = details.map(({ draw }) => draw);
  redraw.forEach((draw) => draw());
  clearTimeout(announcement);
  announcement = setTimeout(() => (part("status").textContent = statusText(chain, outcome, reader)), 600);
}

// A value as it stands while it is typed; a number that cannot be is said only when its field is left.
function take(input, isDone) {
  const { name } = input;
  const before = JSON.stringify([state.lesion, state.prevalence, state.errors]);
  if (input.type === "radio" || input.tagName === "SELECT") state.lesion[name] = input.value;
  else if (input.type === "checkbox") state.lesion[name] = input.checked ? input.value : "";
  else takeTyped(input, isDone);
  // Leaving a field must not draw the answer anew: what is being clicked would be gone before the click ends.
  if (JSON.stringify([state.lesion, state.prevalence, state.errors]) !== before) showAnswer();
}

function takeTyped({ name, value: text }, isDone) {
  state.typed[name] = text;
  if (name === "case") return;
  const given = numberOf(text);
  const problem =
    given === null ? null : name.startsWith("prevalence-") ? wrongShare(given) : wrongNumber(name, given);
  delete state.errors[name];
  if (problem && isDone) state.errors[name] = problem;
  const kept = problem ? null : given;
  if (name.startsWith("prevalence-"))
    state.prevalence[Number(name.slice(11))] = kept === null ? null : kept / 100;
  else state.lesion[name] = kept;
  showError(name);
}

function wrongShare(given) {
  return typeof given === "number" && given >= 0.1 && given <= 99.9 ? null : { code: "share_range" };
}

function wrongNumber(name, given) {
  const variable = models.map((model) => model.variables.get(name)).find(Boolean);
  return readValue(variable, given).fault ?? null;
}

function showError(name) {
  const problem = state.errors[name];
  const input = part(`input-${name}`);
  const texts = [];
  if (problem) {
    const { code, low, high, slip } = problem;
    texts.push(reader.say(code, { low: plain(low ?? 0), high: plain(high ?? 0) }));
    if (slip) texts.push(reader.say("slip", { unit: slip.unit, factor: plain(slip.factor) }));
  }
  part(`error-${name}`).textContent = texts.join(reader.language === "zh" ? "" : " ");
  if (problem) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

// Where the keyboard is: the fields in order, each by the control that takes the focus.
function stops() {
  const names = new Set();
  return [...part("form").querySelectorAll("input, select")].filter((control) => {
    if (control.type !== "radio") return control.offsetParent !== null;
    const isStop = control.checked && !names.has(control.name);
    if (isStop) names.add(control.name);
    return isStop;
  });
}

function goOn(from) {
  const all = stops();
  const here = all.findIndex((control) => control.name === from.name);
  all[here + 1]?.focus();
}

// In a group of choices a digit picks an option and goes on; in a typed field Enter goes on.
function onKey(event) {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (target.type === "text" && key === "Enter") {
    event.preventDefault();
    take(target, true);
    goOn(target);
  }
  if (target.type !== "radio" || !/^[0-9]$/.test(key)) return;
  const group = [...part("form").querySelectorAll(`input[name="${CSS.escape(target.name)}"]`)];
  const chosen = group.at(Number(key) - 1);
  if (Number(key) >= group.length) return;
  event.preventDefault();
  chosen.checked = true;
  take(chosen, true);
  chosen.focus();
  goOn(chosen);
}

function clearCase() {
  Object.assign(state, { lesion: {}, errors: {} });
  state.typed = Object.fromEntries(
    Object.entries(state.typed).filter(([name]) => name.startsWith("prevalence-")),
  );
  showAll();
  stops()[0]?.focus();
  scrollTo({ top: 0 });
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  showTools();
}

function beforePrint() {
  const date = new Date().toLocaleString(document.documentElement.lang, {
    dateStyle: "medium",
    timeStyle: "short",
  });
  const printed = reader.say("printed", { date });
  part("printed").textContent = [state.typed.case, printed].filter(Boolean).join(" · ");
  redraw.forEach((draw) => draw());
}

function onClick({ target }) {
  const link = target.closest("[data-field]");
  if (!link) return;
  const field = part(`field-${link.dataset.field}`);
  field.scrollIntoView({ block: "center" });
  field.querySelector("input:checked, input[type=text], select").focus();
}

function start() {
  const isDark = matchMedia("(prefers-color-scheme: dark)");
  document.documentElement.dataset.theme = isDark.matches ? "dark" : "light";
  isDark.addEventListener("change", ({ matches }) => setTheme(matches ? "dark" : "light"));
  part("theme").addEventListener("click", () =>
    setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"),
  );
  part("languages").addEventListener("click", ({ target }) => {
    if (!target.dataset.language) return;
    reader = readerOf(target.dataset.language, data);
    showAll();
    part("languages").querySelector("[aria-pressed=true]").focus();
  });
  part("clear").addEventListener("click", clearCase);
  part("print").addEventListener("click", () => print());
  addEventListener("beforeprint", beforePrint);
  part("form").addEventListener("submit", (event) => event.preventDefault());
  part("form").addEventListener("input", ({ target }) => take(target, false));
  part("form").addEventListener("change", ({ target }) => take(target, true));
  part("form").addEventListener("keydown", onKey);
  part("rest").addEventListener("click", (event) => {
    if (event.target.closest("[data-field]")) event.preventDefault();
    onClick(event);
  });
  showAll();
  new ResizeObserver(() => redraw.forEach((draw) => draw())).observe(part("details"));
}

// For whoever checks the page from outside, as our tests do, or gives and takes the lesion, as a server's page does.
globalThis.calculator = Object.freeze({ models, chain, predict, predictChain, WORDS, state, showAll });

if (models.every(passesChecks)) {
  start();
} else {
  document.body.replaceChildren(
    element("p", { class: "broken", role: "alert" }, `${WORDS.en.broken} ${WORDS.zh.broken}`),
  );
}
