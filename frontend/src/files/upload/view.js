// The list of what is on its way. However many files there are, a few dozen rows are drawn, a few times a second.

import { gettext, interpolate, ngettext, number } from "../../i18n.js";
import { size, summary } from "./words.js";

const ROWS = 40;
const ORDER = { sending: 0, failed: 1, paused: 2, waiting: 3, done: 4 };
const EVERY = 200;

const part = (place, name) => place.querySelector(`[data-part="${name}"]`);

export class View {
  #rows = new Map();
  #timer = null;

  constructor({ panel, queue, speed, words = () => "" }) {
    Object.assign(this, { panel, queue, speed, words });
    this.list = part(panel, "list");
    this.pattern = part(panel, "row").content.firstElementChild;
    for (const type of ["changed", "stored", "failed", "settled", "halted", "dropped"]) queue.addEventListener(type, () => this.soon());
    panel.addEventListener("click", ({ target }) => this.#pressed(target.closest("button[data-do]")));
  }

  soon() {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.draw();
    }, EVERY);
  }

  draw() {
    const { panel, queue, speed } = this;
    panel.hidden = queue.size === 0;
    speed.note(queue.sent);
    const state = queue.held ? "held" : queue.isLost || !queue.online() ? "lost" : queue.isBusy ? "sending" : "still";
    if (state !== "sending") speed.forget();
    const { done, failed, sending, waiting, paused } = queue.counts;
    const all = { total: queue.size, done, failed, sent: queue.sent, bytes: queue.bytes, rate: speed.rate, left: speed.left(queue.bytes - queue.sent), state };
    const bar = part(panel, "all");
    bar.max = Math.max(1, queue.bytes);
    // All bytes may be out while the site still stores the last file.
    bar.value = queue.bytes ? queue.sent : Number(!queue.isBusy);
    write(part(panel, "summary"), summary(all));
    write(part(panel, "state"), this.#state(state));
    show(panel, "pause-all", state === "sending");
    show(panel, "resume-all", queue.held || paused > 0 || state === "lost");
    show(panel, "retry-all", failed > 1);
    show(panel, "cancel-all", sending + waiting + paused > 1);
    show(panel, "clear", done > 0 && !queue.isBusy);
    this.#drawRows();
  }

  #state(state) {
    if (state === "held") return this.words() || gettext("Paused.");
    if (state === "lost") return gettext("The site cannot be reached. It goes on by itself when it is back; keep this page open.");
    return "";
  }

  #drawRows() {
    const items = this.queue.items;
    // Sorting a thousand takes under a millisecond; drawing them would not.
    const shown = items.sort((one, other) => ORDER[one.state] - ORDER[other.state] || one.key - other.key).slice(0, ROWS);
    const keys = new Set(shown.map(({ key }) => key));
    const focused = document.activeElement?.closest("[data-part=list] li");
    for (const [key, row] of this.#rows) {
      if (keys.has(key)) continue;
      // Not the row that somebody is at: the keyboard's place would be lost.
      if (row === focused && items.some((item) => item.key === key)) continue;
      row.remove();
      this.#rows.delete(key);
    }
    shown.forEach((item, at) => {
      const row = this.#row(item);
      if (this.list.children[at] !== row && row !== focused) this.list.insertBefore(row, this.list.children[at] ?? null);
    });
    const more = items.length - this.#rows.size;
    write(part(this.panel, "more"), more > 0 ? interpolate(ngettext("and %s more", "and %s more", more), [number(more)]) : "");
  }

  #row(item) {
    let row = this.#rows.get(item.key);
    if (!row) {
      row = this.pattern.cloneNode(true);
      row.dataset.key = item.key;
      this.#rows.set(item.key, row);
      write(part(row, "name"), item.path);
      part(row, "name").title = item.path;
      const name = item.path.slice(item.path.lastIndexOf("/") + 1);
      for (const [verb, words] of [["pause", gettext("Pause %s")], ["resume", gettext("Go on with %s")], ["retry", gettext("Try %s again")], ["cancel", gettext("Take %s off the list")]]) {
        row.querySelector(`[data-do=${verb}]`).setAttribute("aria-label", interpolate(words, [name]));
      }
      part(row, "bar").setAttribute("aria-label", name);
    }
    row.dataset.state = item.state;
    const bar = part(row, "bar");
    bar.hidden = !["sending", "paused"].includes(item.state);
    bar.max = Math.max(1, item.size);
    bar.value = item.sent;
    write(part(row, "facts"), facts(item));
    show(row, "pause", item.state === "sending" || item.state === "waiting");
    show(row, "resume", item.state === "paused");
    show(row, "retry", item.state === "failed" && !item.final);
    return row;
  }

  #pressed(button) {
    if (!button) return;
    const { queue } = this;
    const row = button.closest("[data-key]");
    const item = row && queue.items.find(({ key }) => key === Number(row.dataset.key));
    const verbs = {
      pause: () => queue.pause(item),
      resume: () => queue.resume(item),
      retry: () => queue.resume(item),
      cancel: () => this.#cancel(item, row),
      "pause-all": () => queue.pauseAll(),
      "resume-all": () => queue.resumeAll(),
      "retry-all": () => queue.retryFailed(),
      "cancel-all": () => queue.items.filter(({ state }) => state !== "done").forEach((one) => queue.cancel(one)),
      clear: () => queue.clearDone(),
    };
    if (row && !item) return;
    const verb = verbs[button.dataset.do];
    if (!verb) return;
    verb();
    this.draw();
    // The button that was pressed may be gone: the keyboard goes on beside it.
    if (button.hidden || !button.isConnected) (row?.isConnected ? row.querySelector("button:not([hidden])") : this.panel.querySelector("button:not([hidden])"))?.focus();
  }

  #cancel(item, row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    this.queue.cancel(item);
    this.draw();
    next?.querySelector("[data-do=cancel]")?.focus();
  }
}

function facts({ state, words, size: bytes, sent }) {
  const said = {
    waiting: () => (sent ? interpolate(gettext("waiting, %(sent)s of %(all)s"), { sent: size(sent), all: size(bytes) }) : interpolate(gettext("waiting, %s"), [size(bytes)])),
    sending: () => (sent >= bytes && bytes ? gettext("being stored") : interpolate(gettext("%(sent)s of %(all)s"), { sent: size(sent), all: size(bytes) })),
    paused: () => interpolate(gettext("paused, %(sent)s of %(all)s"), { sent: size(sent), all: size(bytes) }),
    done: () => interpolate(gettext("here, %s"), [size(bytes)]),
    failed: () => words,
  };
  return said[state]?.() ?? "";
}

function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function show(place, verb, shown) {
  place.querySelector(`[data-do="${verb}"]`).hidden = !shown;
}
