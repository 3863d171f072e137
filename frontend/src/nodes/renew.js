// Replaces the parts that differ, and leaves focus, opened questions and scroll position where they are.

const PART = "[data-part]";

export function renew(old, fresh) {
  const keep = remembered(old);
  const before = outline(old);
  if (before !== outline(fresh)) {
    old.replaceChildren(...fresh.childNodes);
  } else {
    const parts = new Map([...fresh.querySelectorAll(PART)].map((part) => [part.dataset.part, part]));
    for (const part of old.querySelectorAll(PART)) {
      const next = parts.get(part.dataset.part);
      if (next && markup(part) !== markup(next)) part.replaceWith(next);
    }
  }
  restore(old, keep);
}

// Which parts there are, in their order: when that changes, a client has come or gone.
function outline(root) {
  return [...root.querySelectorAll(PART)].map((part) => part.dataset.part).join(" ");
}

// A question opened here is no difference.
function markup(part) {
  if (!part.querySelector("details[open]")) return part.outerHTML;
  const copy = part.cloneNode(true);
  for (const one of copy.querySelectorAll("details[open]")) one.removeAttribute("open");
  return copy.outerHTML;
}

function remembered(root) {
  const active = root.ownerDocument.activeElement;
  const focus = active && active.id && root.contains(active) ? active.id : "";
  return {
    focus,
    anchor: anchor(root, focus),
    open: [...root.querySelectorAll("details[open]")].map((one) => one.id),
  };
}

// What the reader looks at: where the focus is, or the first client that is in sight. It is to stay where it is.
function anchor(root, focus) {
  const page = root.ownerDocument;
  const seen = [...root.querySelectorAll("[data-part][id], article[id]")].find((one) => one.getBoundingClientRect().bottom > 0);
  const id = focus || seen?.id;
  return id ? { id, top: page.getElementById(id).getBoundingClientRect().top } : null;
}

function restore(root, { focus, open, anchor: before }) {
  const page = root.ownerDocument;
  for (const id of open) {
    const one = page.getElementById(id);
    if (one && !one.open) one.open = true;
  }
  if (focus && page.activeElement?.id !== focus) page.getElementById(focus)?.focus({ preventScroll: true });
  const moved = before && page.getElementById(before.id)?.getBoundingClientRect().top - before.top;
  if (moved) page.defaultView.scrollBy(0, moved);
}
