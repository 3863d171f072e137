// A PDF file, page by page. It is drawn in a frame without an origin and without a network, which is sent its bytes and sends nothing back but
// numbers.

import { gettext, interpolate } from "../../i18n.js";

const LOAD = 30_000;
const LARGEST = 100_000_000;
const ZOOMS = [0.5, 0.75, 1, 1.5, 2, 3];
const PATHS = /^(standard_fonts|cmaps)\/[A-Za-z0-9._-]{1,80}$/;

const REASONS = {
  PasswordException: () => gettext("This PDF file is protected by a password. Download it to open it."),
  InvalidPDFException: () => gettext("This PDF file is damaged or incomplete."),
};

/** Draws what lies at `address` into `place`, which has the frame's address, and the tools for turning pages. */
export async function show(place, address) {
  const part = (name) => place.querySelector(`[data-part=${name}]`);
  const say = (text) => Object.assign(part("said"), { textContent: text, hidden: !text });
  const state = { page: 1, pages: 0, zoom: 2 };
  say(gettext("The document is being opened…"));
  try {
    const data = await fetched(address);
    const frame = opened(place);
    await ready(frame);
    hears(frame, place, state, say);
    frame.contentWindow.postMessage({ file: data }, "*", [data]);
    tools(place, part, state, () => frame.contentWindow.postMessage({ page: state.page, zoom: ZOOMS[state.zoom] }, "*"));
  } catch (error) {
    say(error.message);
  }
}

async function fetched(address) {
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok) throw new Error(gettext("The document could not be fetched. Download it to open it."));
  if (Number(answer.headers.get("Content-Length")) > LARGEST) throw new Error(gettext("This document is too large to be shown here. Download it to open it."));
  return answer.arrayBuffer();
}

function opened(place) {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  Object.assign(frame, { className: "pdf-frame", src: place.dataset.frame, title: gettext("Page of the document") });
  place.append(frame);
  return frame;
}

function ready(frame) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(gettext("What shows documents could not be loaded. Download the file to open it."))), LOAD);
    addEventListener("message", function listen({ source, origin, data }) {
      if (source !== frame.contentWindow || origin !== "null" || data?.ready !== true) return;
      removeEventListener("message", listen);
      clearTimeout(timer);
      resolve();
    });
  });
}

function hears(frame, place, state, say) {
  addEventListener("message", async ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== "null" || typeof data !== "object" || !data) return;
    if (Number.isInteger(data.pages) && data.pages > 0) {
      state.pages = data.pages;
      place.dispatchEvent(new Event("turn"));
    } else if (Number.isInteger(data.drawn)) {
      say("");
      place.dataset.drawn = data.drawn;
    } else if (typeof data.wants === "string" && PATHS.test(data.wants)) {
      const answer = await fetch(`${place.dataset.parts}${data.wants}`).catch(() => null);
      frame.contentWindow?.postMessage({ answers: data.id, data: answer?.ok ? await answer.arrayBuffer() : null }, "*");
    } else if (typeof data.failed === "string") {
      say((REASONS[data.failed] ?? (() => gettext("This document cannot be shown here. Download it to open it.")))());
    }
  });
}

function tools(place, part, state, draw) {
  const field = part("number");
  const turn = (number) => {
    state.page = Math.max(1, Math.min(state.pages, Math.round(number) || 1));
    field.value = state.page;
    field.max = state.pages;
    part("pages").textContent = interpolate(gettext("of %s"), [state.pages]);
    part("before").disabled = state.page <= 1;
    part("after").disabled = state.page >= state.pages;
    part("smaller").disabled = state.zoom <= 0;
    part("larger").disabled = state.zoom >= ZOOMS.length - 1;
    draw();
  };
  place.addEventListener("turn", () => {
    part("tools").hidden = false;
    turn(1);
  });
  part("before").onclick = () => turn(state.page - 1);
  part("after").onclick = () => turn(state.page + 1);
  field.onchange = () => turn(Number(field.value));
  const zoom = (by) => {
    state.zoom += by;
    turn(state.page);
  };
  part("smaller").onclick = () => zoom(-1);
  part("larger").onclick = () => zoom(1);
}
