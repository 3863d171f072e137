// Small pictures of what is at a moment: pieces of few large pictures, told by a WebVTT file (`sheet.jpg#xywh=x,y,w,h`).

import { parseVtt } from "./vtt.js";

const PIECE = /^(.*)#xywh=(?:pixel:)?(\d{1,5}),(\d{1,5}),(\d{1,5}),(\d{1,5})$/;

export class Storyboard {
  #pieces;

  constructor(source, address) {
    this.#pieces = parseVtt(source).flatMap(({ start, end, text }) => {
      const found = PIECE.exec(text.trim());
      if (!found) return [];
      const url = new URL(found[1], address);
      if (!/^https?:$/.test(url.protocol)) return [];
      const [x, y, width, height] = found.slice(2).map(Number);
      return width && height ? [{ start, end, url: url.href, x, y, width, height }] : [];
    });
  }

  get size() {
    return this.#pieces.length;
  }

  /** The last piece that begins at or before `moment`; null without any. */
  at(moment) {
    let [low, high] = [0, this.#pieces.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#pieces[middle].start <= moment) low = middle + 1;
      else high = middle;
    }
    return this.#pieces[Math.max(0, low - 1)] ?? null;
  }
}

/** Shows `piece` in `element`, `width` pixels wide. Its sheet is one the browser has loaded by then, or loads now. */
export function showPiece(element, piece, width = 160) {
  const scale = width / piece.width;
  const style = element.style;
  style.width = `${width}px`;
  style.height = `${Math.round(piece.height * scale)}px`;
  const image = element.firstElementChild;
  if (image.src !== piece.url) image.src = piece.url;
  image.style.transform = `scale(${scale}) translate(${-piece.x}px, ${-piece.y}px)`;
}

/** Asked for once, when somebody first points at the bar. */
export async function loadStoryboard(address, get = fetch) {
  const url = new URL(address, location.href);
  const answer = await get(url);
  return answer.ok ? new Storyboard(await answer.text(), url) : null;
}
