"use strict";
// Between the calculator and the room: what was stored goes into the form, what is typed goes to the server.
(() => {
  const part = (id) => document.getElementById(id);
  const room = JSON.parse(part("room").textContent);
  const { chain, predictChain, showAll, state } = globalThis.calculator;
  if (!part("form")) return; // the calculator found that its models do not compute what they must

  // What was given before, as if it had been typed.
  function restore() {
    const typed = Object.entries(room.lesion).filter(([, value]) => typeof value === "number");
    const shares = room.prevalence.map((share) => (typeof share === "number" ? share : null));
    shares.forEach((share, i) => {
      state.prevalence[i] = share;
      if (share !== null) typed.push([`prevalence-${i}`, Number((100 * share).toPrecision(12))]);
    });
    state.lesion = { ...room.lesion };
    state.typed = Object.fromEntries(typed.map(([name, value]) => [name, String(value)]));
    const name = part("pseudonym")?.textContent;
    if (name) state.typed.case = name;
    showAll();
    document.title = `${part("heading").textContent} · Reading room`;
  }

  function shares() {
    return predictChain(chain, state.lesion, state.prevalence).classes.map(({ probability }) => probability);
  }

  // The fields that are sent; what is not known is left out.
  function send(event) {
    const form = event.target;
    const known = Object.entries(state.lesion).filter(([, value]) => value !== null && value !== "");
    const problem = event.submitter?.id === "measure" ? "" : Object.keys(state.errors).length
      ? "Correct the marked value first."
      : known.length
        ? ""
        : "Enter at least one finding first.";
    part("save-problem").textContent = problem;
    if (problem) {
      event.preventDefault();
      return;
    }
    form.elements.lesion.value = JSON.stringify(Object.fromEntries(known));
    form.elements.prevalence.value = JSON.stringify(state.prevalence);
    form.elements.seen.value = JSON.stringify(shares());
  }

  function isAsStored() {
    const found = shares();
    const isNear = (share, i) => Math.abs(share - room.stored[i]) <= 1e-6;
    return found.length === room.stored.length && found.every(isNear);
  }

  restore();
  if (room.stored) part("differs").hidden = isAsStored();
  part("save")?.addEventListener("submit", send);
  const field = document.querySelector("input#pseudonym");
  field?.addEventListener("input", () => (state.typed.case = field.value));
  part("clear").addEventListener("click", () => {
    if (!field) return;
    field.value = "";
    field.focus();
  });
})();
