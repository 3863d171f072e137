// Within the frame without an origin: draws pages of the PDF file that it is sent. Nothing else is here, and nothing to be had: no cookie, no
// network. Scripts within files are not run: what would run them is not part of this.

import * as pdfjs from "pdfjs-dist/legacy/build/pdf.mjs";
import * as worker from "pdfjs-dist/legacy/build/pdf.worker.mjs";

// A frame without an origin may start no worker from an address; the same code runs here in its place.
globalThis.pdfjsWorker = worker;

const FOLDERS = { cMapUrl: "cmaps", standardFontDataUrl: "standard_fonts" };
const MOST_PIXELS = 16_000_000;
const place = document.getElementById("place");
let file = null;
let drawing = null;

/** Fonts and character maps come from the page around, which may fetch them. */
class Asked {
  static #number = 0;
  static #open = new Map();
  fetch({ kind, filename }) {
    const folder = FOLDERS[kind];
    if (!folder) return Promise.reject(new Error("not there"));
    const id = ++Asked.#number;
    parent.postMessage({ wants: `${folder}/${filename}`, id }, "*");
    return new Promise((resolve, reject) => Asked.#open.set(id, { resolve, reject }));
  }
  static answer({ id, data }) {
    const open = Asked.#open.get(id);
    Asked.#open.delete(id);
    if (data instanceof ArrayBuffer) open?.resolve(new Uint8Array(data));
    else open?.reject(new Error("not there"));
  }
}

async function opened(data, password) {
  const task = pdfjs.getDocument({
    data, password, BinaryDataFactory: Asked, cMapUrl: "cmaps/", standardFontDataUrl: "fonts/",
    useWorkerFetch: false, isEvalSupported: false, enableXfa: false, useWasm: false, useSystemFonts: false, disableAutoFetch: true, disableStream: true,
    isOffscreenCanvasSupported: false, maxImageSize: MOST_PIXELS, canvasMaxAreaInBytes: 4 * MOST_PIXELS, stopAtErrors: false,
  });
  file = await task.promise;
  parent.postMessage({ pages: file.numPages }, "*");
}

async function draw({ page: number, zoom }) {
  drawing?.cancel();
  const page = await file.getPage(number);
  const wide = place.clientWidth || innerWidth;
  const natural = page.getViewport({ scale: 1 });
  let scale = (Math.min(wide, 1_400) / natural.width) * zoom;
  const ratio = Math.min(devicePixelRatio || 1, 2);
  scale = Math.min(scale, Math.sqrt(MOST_PIXELS / (natural.width * natural.height)) / ratio);
  const viewport = page.getViewport({ scale: scale * ratio });
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.ceil(viewport.width), height: Math.ceil(viewport.height) });
  canvas.style.width = `${Math.ceil(viewport.width / ratio)}px`;
  canvas.setAttribute("role", "img");
  drawing = page.render({ canvas, canvasContext: canvas.getContext("2d"), viewport, annotationMode: pdfjs.AnnotationMode.ENABLE });
  await drawing.promise;
  drawing = null;
  const words = (await page.getTextContent()).items.map((item) => item.str ?? "").join(" ");
  canvas.setAttribute("aria-label", words.slice(0, 20_000));
  place.replaceChildren(canvas);
  scrollTo(0, 0);
  parent.postMessage({ drawn: number, words: words.length }, "*");
}

addEventListener("message", async ({ source, data }) => {
  if (source !== parent || typeof data !== "object" || !data) return;
  try {
    if (data.file instanceof ArrayBuffer) await opened(data.file, data.password);
    else if ("answers" in data) Asked.answer({ id: data.answers, data: data.data });
    else if (Number.isInteger(data.page) && file) await draw(data);
  } catch (error) {
    if (error?.name !== "RenderingCancelledException") parent.postMessage({ failed: String(error?.name ?? "Error") }, "*");
  }
});

parent.postMessage({ ready: true }, "*");
