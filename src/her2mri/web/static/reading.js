"use strict";
// Keys for who reads: a digit chooses the call and leads to the rating; Enter there sends, as in any form.
(() => {
  const form = document.getElementById("read");
  const rating = form.elements.confidence;
  addEventListener("keydown", (event) => {
    const typesElsewhere = event.target instanceof HTMLInputElement && event.target.type !== "radio";
    if (event.ctrlKey || event.altKey || event.metaKey || typesElsewhere) return;
    const call = form.querySelector(`input[data-key="${CSS.escape(event.key)}"]`);
    if (!call) return;
    event.preventDefault();
    call.checked = true;
    rating.focus();
    rating.select();
  });
  // A second click sends nothing; the server would keep one read all the same.
  let isSent = false;
  form.addEventListener("submit", (event) => {
    if (isSent) event.preventDefault();
    isSent = true;
  });
  // A page that the browser kept is not shown again: the server says whose turn it is.
  addEventListener("pageshow", (event) => {
    isSent = false;
    if (event.persisted) location.reload();
  });
})();
