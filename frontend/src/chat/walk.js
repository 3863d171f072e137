// From message to message by keyboard.

/** Moves the focus to the message after (`way` 1) or before (-1) the one that has it, or is at the top of what is in sight. */
export function step(box, list, way) {
  const here = document.activeElement?.closest("#messages > [data-message]") ?? inSight(box, list);
  const there = document.activeElement?.closest("#messages > [data-message]") || way < 0 ? sibling(here, way) : here;
  if (!there) return false;
  there.tabIndex = -1;
  there.focus({ preventScroll: true });
  there.scrollIntoView({ block: "start" });
  return true;
}

const sibling = (article, way) => (way > 0 ? article?.nextElementSibling : article?.previousElementSibling);

function inSight(box, list) {
  const { left, top, width } = box.getBoundingClientRect();
  return document.elementFromPoint(left + width / 2, top + 24)?.closest("#messages > [data-message]") ?? list.firstElementChild;
}

/** The last message of `role`. */
export const lastOf = (list, role) => [...list.querySelectorAll(`:scope > [data-role="${role}"]`)].at(-1);
