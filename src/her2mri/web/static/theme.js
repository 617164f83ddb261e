"use strict";
// Light or dark as the system has it, before anything is drawn.
(() => {
  const isDark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => (document.documentElement.dataset.theme = isDark.matches ? "dark" : "light");
  isDark.addEventListener("change", follow);
  follow();
})();
