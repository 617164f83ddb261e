"use strict";
// Scores a table step by step until nothing is left. Each step is a form of its own: without this, a button does it.
(() => {
  const form = document.getElementById("score");
  const said = document.getElementById("so-far");
  const bar = document.getElementById("progress");
  const button = document.getElementById("go-on");

  async function step() {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(form)),
      redirect: "error",
    });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  async function run() {
    button.hidden = true;
    try {
      for (let left = Infinity; left > 0; ) {
        const found = await step();
        left = found.left;
        bar.value = found.lesions - left;
        said.textContent = `${found.lesions - left} of ${found.lesions} lesions scored.`;
      }
    } catch {
      said.textContent = `${bar.value} of ${bar.max} lesions scored. It stopped: go on when the room answers again.`;
      button.hidden = false;
      return;
    }
    location.reload();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  run();
})();
