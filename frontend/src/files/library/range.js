// Which of a list are selected after a press, as every list of files does it. Pure.

/**
 * @param {{selected: Set<number>, anchor: number}} before
 * @param {number} index What was pressed.
 * @param {{toggle?: boolean, extend?: boolean}} how With Ctrl or Cmd, with Shift.
 */
export function pressed(before, index, { toggle = false, extend = false } = {}) {
  if (extend && before.anchor >= 0) {
    const [from, to] = [before.anchor, index].sort((a, b) => a - b);
    const selected = new Set(toggle ? before.selected : []);
    for (let at = from; at <= to; at += 1) selected.add(at);
    return { selected, anchor: before.anchor };
  }
  if (!toggle) return { selected: new Set([index]), anchor: index };
  const selected = new Set(before.selected);
  if (!selected.delete(index)) selected.add(index);
  return { selected, anchor: index };
}

/** Where the focus goes from `index` in a list of `count`, `step` further; from nowhere to an end. */
export function moved(index, step, count) {
  if (!count) return -1;
  if (index < 0) return step > 0 ? 0 : count - 1;
  return Math.min(count - 1, Math.max(0, index + step));
}
