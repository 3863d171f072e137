// Elements in few words. Text goes in as text; nothing here reads HTML.

/** `attributes`: `class`, `text`, handlers as functions (`onclick`), `true` for a bare attribute; `false`, `null` and `undefined` leave it out. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (key === "text") element.textContent = value;
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** Drawn on a grid of 24, in boxes and slopes as the rest of the site. */
const PATHS = {
  play: "M6 3h3v2h3v2h3v2h3v2h2v2h-2v2h-3v2h-3v2H9v2H6z",
  pause: "M5 3h5v18H5zM14 3h5v18h-5z",
  again: "M11 3h2V1h2v2h2v2h-2v2h-2V5h-2v2H7v2H5V7h2V5h4zM19 9h2v8h-2v2h-2v2H7v-2H5v-2H3V9h2v8h2v2h10v-2h2z",
  next: "M4 3h3v2h2v2h2v2h2v2h2V3h4v18h-4v-8h-2v2h-2v2H9v2H7v2H4z",
  previous: "M20 3h-3v2h-2v2h-2v2h-2v2H9V3H5v18h4v-8h2v2h2v2h2v2h2v2h3z",
  loud: "M3 9h4V7h2V5h2V3h2v18h-2v-2H9v-2H7v-2H3zM16 8h2v8h-2zM20 5h2v14h-2z",
  quiet: "M3 9h4V7h2V5h2V3h2v18h-2v-2H9v-2H7v-2H3zM16 8h2v8h-2z",
  muted: "M3 9h4V7h2V5h2V3h2v18h-2v-2H9v-2H7v-2H3zM15 9h2v2h2V9h2v2h-2v2h2v2h-2v-2h-2v2h-2v-2h2v-2h-2z",
  captions: "M2 4h20v16H2zM4 6v12h16V6zM6 9h5v2H8v2h3v2H6zM13 9h5v2h-3v2h3v2h-5z",
  settings: "M10 2h4v3h3V4h3v3h-1v3h3v4h-3v3h1v3h-3v-1h-3v3h-4v-3H7v1H4v-3h1v-3H2v-4h3V7H4V4h3v1h3zM9 9v6h6V9z",
  pip: "M2 4h20v16H2zM4 6v12h16V6zM12 11h7v6h-7z",
  theatre: "M1 6h22v12H1zM3 8v8h18V8z",
  full: "M3 3h7v2H5v5H3zM14 3h7v7h-2V5h-5zM3 14h2v5h5v2H3zM19 14h2v7h-7v-2h5z",
  small: "M8 3h2v7H3V8h5zM14 3h2v5h5v2h-7zM3 14h7v7H8v-5H3zM14 14h7v2h-5v5h-2z",
};

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}

/** Another picture and name for a button that does the opposite from now on. */
export function relabel(button, picture, label) {
  if (button.dataset.icon !== picture) {
    button.dataset.icon = picture;
    button.replaceChildren(icon(picture));
  }
  button.setAttribute("aria-label", label);
  button.title = label;
}
