// What a quality is called by: upright videos have more lines than that, very wide ones fewer.

/** `1080` of `1080p-av1`, the name by which the site has it; otherwise the shorter side. */
export function sizeOf(name, width, height) {
  return Number(/^(\d{2,5})p/.exec(name)?.[1]) || Math.min(width || height, height) || 0;
}
