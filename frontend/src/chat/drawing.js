// What the frame that draws diagrams may answer. It handles what models and strangers wrote, so nothing it says is believed unseen. Pure.

const LARGEST = 3_000_000;
const WIDEST = 10_000;

const isLength = (value) => Number.isFinite(value) && value >= 1 && value <= WIDEST;

export function isDrawing({ svg, width, height }) {
  return typeof svg === "string" && svg.length <= LARGEST && svg.startsWith("<svg") && isLength(width) && isLength(height);
}

/** For an <img>: its source, its size in pixels, and what the diagram calls itself. */
export function pictureOf({ svg, width, height, title }) {
  return {
    src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`,
    width: Math.round(width),
    height: Math.round(height),
    title: typeof title === "string" ? title.slice(0, 300) : "",
  };
}
