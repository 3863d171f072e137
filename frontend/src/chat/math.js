// Has formulas drawn once they come near sight. What draws them weighs more than the rest of the page, and comes only when needed.

let typesetter = null;

function load({ mathScript, mathStyle }) {
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: mathStyle });
  document.head.append(style);
  return import(mathScript);
}

export async function dressMath(root) {
  const fresh = [...root.querySelectorAll(".math:not([data-dressed])")];
  if (!fresh.length) return;
  for (const element of fresh) element.dataset.dressed = "1";
  typesetter ??= load(document.getElementById("chat").dataset);
  try {
    (await typesetter).typeset(fresh);
  } catch {
    // Offline, perhaps: the TeX stays readable, and the next message tries again.
    typesetter = null;
  }
}
