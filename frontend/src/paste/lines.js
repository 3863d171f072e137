// Addresses of lines: #L10, #L10-20, and #F2L10 in the second file.

const RANGE = /^#?((?:F\d+)?L)(\d+)(?:-(\d+))?$/;
const MOST = 5000;

/** The ids of the lines that `hash` names. */
export function chosenLines(hash) {
  const found = RANGE.exec(hash);
  if (!found) return [];
  const [, mark, from, to] = found;
  const [first, last] = [Number(from), Number(to ?? from)].sort((a, b) => a - b);
  return Array.from({ length: Math.min(last - first + 1, MOST) }, (_, index) => `${mark}${first + index}`);
}

/** What the hash is after `id` was pressed; with `extend` a range from where it was. */
export function rangeOf(hash, id, extend) {
  const before = RANGE.exec(hash);
  const now = RANGE.exec(id);
  if (!extend || !before || before[1] !== now[1]) return id;
  const [first, last] = [Number(before[2]), Number(now[2])].sort((a, b) => a - b);
  return first === last ? id : `${now[1]}${first}-${last}`;
}
