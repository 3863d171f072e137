// Keys of the moderators' pages: J, K, X and Enter in the queue, and on a case's page whatever its buttons name in `data-key`.

const typing = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

const rows = [...document.querySelectorAll("#result_list tbody tr")];
let at = -1;

function go(step) {
  if (!rows.length) return;
  rows[at]?.classList.remove("focused");
  at = Math.max(0, Math.min(rows.length - 1, at + step));
  rows[at].classList.add("focused");
  rows[at].querySelector("th a, td a")?.focus();
}

const QUEUE = {
  j: () => go(1),
  k: () => go(-1),
  x: () => rows[at]?.querySelector("input.action-select")?.click(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const key = event.key.toLowerCase();
  const button = document.querySelector(`button[data-key="${CSS.escape(key)}"]`);
  const act = button ? () => button.click() : rows.length && QUEUE[key];
  if (!act) return;
  event.preventDefault();
  act();
});
