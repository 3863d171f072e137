// Shows how far the backup that runs has come, and the page anew once it has ended.

import { gettext } from "../i18n.js";

const EVERY_MS = 2000;
const box = document.querySelector("[data-progress]");
const doing = box?.querySelector("[data-doing]");
const bar = box?.querySelector("progress");
const WORDS = { making: "", verifying: gettext("It is verified."), pruning: gettext("Old ones are deleted.") };

function show(state) {
  const words = WORDS[state.doing] ?? "";
  if (doing.textContent !== words) doing.textContent = words;
  if (state.percent === null) bar.removeAttribute("value");
  else bar.value = state.percent;
}

async function look() {
  try {
    const answer = await fetch(box.dataset.progress, { headers: { Accept: "application/json" }, redirect: "error" });
    if (!answer.ok) return;
    const state = await answer.json();
    if (state.runs) show(state);
    else location.reload();
  } catch {
    // The site is away for a moment: asked again.
  }
}

if (box) setInterval(() => document.hidden || look(), EVERY_MS);
