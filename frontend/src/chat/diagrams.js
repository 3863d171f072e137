// Diagrams from Mermaid's text. It is drawn in a frame without an origin and without a network, once the diagram comes near sight, and
// comes back as a picture: in an <img> an SVG runs nothing and loads nothing, whatever it holds.

import { gettext } from "../i18n.js";
import { tool } from "./code.js";
import { isDrawing, pictureOf } from "./drawing.js";

const LONGEST = 20_000;
const LOAD = 30_000;
const DRAW = 8_000;
const MOST_KEPT = 20;

let near = null;
let frame = null;
let ready = null;
let last = Promise.resolve();
let number = 0;

/** Pictures by their source: the end of an answer renders anew what was drawn while it ran. */
const drawn = new Map();

/** Has the block of code `box` shown as a diagram, with its source a press away. */
export function dressDiagram(box, pre) {
  if (!address()) return;
  near ??= new IntersectionObserver(sighted, { rootMargin: "300px" });
  box.drawDiagram = () => show(box, pre);
  near.observe(box);
}

function sighted(entries) {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    target.drawDiagram();
  }
}

const address = () => document.getElementById("chat")?.dataset.diagrams;

async function show(box, pre) {
  const note = Object.assign(document.createElement("p"), { className: "diagram-note", textContent: gettext("Drawing…") });
  pre.before(note);
  try {
    const picture = await inTurn(pre.textContent);
    note.remove();
    place(box, pre, picture);
  } catch (error) {
    note.textContent = error.message;
  }
  box.dispatchEvent(new CustomEvent("grown", { bubbles: true }));
}

function place(box, pre, picture) {
  const figure = Object.assign(document.createElement("figure"), { className: "diagram" });
  figure.dataset.testid = "diagram";
  const image = Object.assign(document.createElement("img"), { src: picture.src, width: picture.width, height: picture.height });
  image.alt = picture.title || gettext("Diagram. Its source can be shown instead.");
  figure.append(image);
  pre.before(figure);
  pre.hidden = true;
  const button = tool("diagram-source", gettext("Source"), gettext("Show the source of the diagram"), () => {
    pre.hidden = !pre.hidden;
    figure.hidden = !pre.hidden;
    button.setAttribute("aria-pressed", String(!pre.hidden));
  });
  button.setAttribute("aria-pressed", "false");
  box.querySelector(".code-tool").before(button);
}

/** One after the other: they share the frame, and a reader's processor. */
function inTurn(source) {
  if (source.length > LONGEST) return Promise.reject(new Error(gettext("This diagram is too long to be drawn. Its source:")));
  const known = drawn.get(source);
  if (known) return known;
  const picture = last.then(() => draw(source));
  last = picture.catch(() => drawn.delete(source));
  drawn.set(source, picture);
  if (drawn.size > MOST_KEPT) drawn.delete(drawn.keys().next().value);
  return picture;
}

async function draw(source) {
  if (!frame) open();
  await ready;
  const id = ++number;
  const answer = heard((data) => data.id === id, DRAW, gettext("This diagram took too long to draw. Its source:"));
  // Its origin has no name to send to.
  frame.contentWindow.postMessage({ id, source }, "*");
  const drawing = await answer;
  if (isDrawing(drawing)) return pictureOf(drawing);
  throw new Error(`${gettext("This diagram cannot be drawn:")} ${String(drawing.error).slice(0, 300)}`);
}

function open() {
  frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.setAttribute("aria-hidden", "true");
  Object.assign(frame, { className: "diagram-frame", src: address(), title: gettext("Drawing of diagrams"), tabIndex: -1 });
  ready = heard((data) => data.ready === true, LOAD, gettext("What draws diagrams could not be loaded. The source:"));
  document.body.append(frame);
}

/** The next message of the frame for which `wanted` holds. When none comes in time, the frame ends with whatever it is doing. */
function heard(wanted, milliseconds, refusal) {
  return new Promise((resolve, reject) => {
    const over = () => {
      clearTimeout(timer);
      removeEventListener("message", listen);
    };
    const listen = ({ source, origin, data }) => {
      if (!frame || source !== frame.contentWindow || origin !== "null" || typeof data !== "object" || !data || !wanted(data)) return;
      over();
      resolve(data);
    };
    const timer = setTimeout(() => {
      over();
      frame?.remove();
      frame = null;
      reject(new Error(refusal));
    }, milliseconds);
    addEventListener("message", listen);
  });
}
