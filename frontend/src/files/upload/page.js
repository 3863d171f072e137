// Ties it together: what comes in is looked at, asked about, remembered, queued, shown.

import { gettext, interpolate } from "../../i18n.js";
import { before, collisions } from "./asking.js";
import { fingerprint, match } from "./matching.js";
import { plan } from "./plan.js";
import { Queue } from "./queue.js";
import { Remembered } from "./remembered.js";
import { Speed } from "./speed.js";
import { Telling } from "./telling.js";
import { SMALL, forget, send } from "./transfer.js";
import { Unfinished } from "./unfinished.js";
import { View } from "./view.js";

const FLUSH = 300;

export class Uploads {
  #words = "";
  #puts = new Map();
  #removals = new Set();
  #flushing = null;

  /** `root` holds in its `data-`: endpoint, before, folder, owner, and as JSON `headers`, `metadata`, `limits`. */
  constructor(root, say) {
    const { endpoint, before: look = "", folder = "", owner = "", headers = "{}", metadata = "{}", limits = "{}" } = root.dataset;
    Object.assign(this, { root, say, folder, owner, look });
    this.limits = JSON.parse(limits);
    const token = document.querySelector('meta[name="csrf-token"]')?.content;
    this.site = { endpoint, headers: { Accept: "application/json", ...(token ? { "X-CSRFToken": token } : {}), ...JSON.parse(headers) }, metadata: JSON.parse(metadata) };
    this.remembered = new Remembered({ owner: `${owner} ${endpoint}` });
    const queue = (this.queue = new Queue({ send: (item, tell) => send(item, this.site, tell) }));
    const part = (name) => root.querySelector(`[data-part="${name}"]`);
    this.view = new View({ panel: part("panel"), queue, speed: new Speed(), words: () => this.#words });
    new Telling(queue, say);
    this.unfinished = new Unfinished({
      box: part("unfinished"), say,
      go: (pairs) => this.#goOn(pairs.map(({ record, file }) => ({ record, item: { file, path: record.path, handle: record.handle } }))),
      drop: (records) => this.#drop(records),
      choose: (group) => part(group.isFolder ? "folder-input" : "file-input").click(),
    });
    queue.addEventListener("changed", ({ detail: item }) => item?.state === "paused" && item.url && this.#keepAddress(item));
    queue.addEventListener("addressed", ({ detail }) => this.#keepAddress(detail));
    queue.addEventListener("stored", ({ detail }) => this.#forgetLater(detail));
    queue.addEventListener("dropped", ({ detail }) => this.#dropped(detail));
    queue.addEventListener("halted", ({ detail }) => (this.#words = detail));
    queue.addEventListener("settled", () => this.#settled());
  }

  async start() {
    this.unfinished.show(await this.remembered.all());
    addEventListener("offline", () => this.queue.isBusy && this.queue.lose());
    addEventListener("online", () => this.queue.back());
    addEventListener("beforeunload", (event) => this.queue.isBusy && event.preventDefault());
    // How far each has come is written down when the page is left or hidden, too.
    addEventListener("pagehide", () => this.#note());
    document.addEventListener("visibilitychange", () => document.hidden && this.#note());
  }

  /** @param {{file: File, path: string, handle: object | null}[]} items */
  async take(items) {
    if (!items.length) return;
    const { matched, others } = match(this.unfinished.records, items);
    if (matched.length) this.#goOn(matched);
    if (!others.length) return;
    const { ready, refused } = await this.#planned(others);
    for (const { item, why } of refused) {
      this.queue.refuse({ ...item, folder: this.folder }, why);
      if (refused.length <= 3) this.say(`${item.path}: ${why}`);
    }
    if (refused.length > 3) this.say(interpolate(gettext("%s files are not taken; the list says why."), [refused.length]));
    this.#words = "";
    const fresh = ready.map((item) => ({ ...item, folder: this.folder, id: fingerprint({ owner: this.owner, folder: this.folder, ...item }) }));
    await this.remembered.put(fresh.map(record));
    this.queue.add(fresh);
  }

  async #planned(items) {
    const said = this.look ? await before(this.look, this.folder, items.map(({ path }) => path), this.site) : null;
    const planned = plan(items, { ...this.limits, ...(said ?? {}) });
    const taken = new Set(said?.taken ?? []);
    const clashing = planned.ready.filter(({ path }) => taken.has(path)).map(({ path }) => path);
    if (!clashing.length) return planned;
    const answers = await collisions(this.root.querySelector("[data-part=collision]"), clashing);
    const ready = answers
      ? planned.ready.filter(({ path }) => answers.get(path) !== "skip").map((item) => ({ ...item, collision: answers.get(item.path) ?? "keep" }))
      : [];
    return { ready, refused: planned.refused };
  }

  #goOn(pairs) {
    const records = pairs.map(({ record: row }) => row);
    this.unfinished.without(records);
    this.queue.add(pairs.map(({ record: row, item }) => ({ ...item, id: row.id, folder: row.folder, collision: row.collision, url: row.url, sent: Math.min(row.sent ?? 0, item.file.size), at: row.at })));
  }

  async #drop(records) {
    await this.remembered.remove(records.map(({ id }) => id));
    for (const { url } of records) if (url) forget(url, this.site).catch(() => {});
  }

  /** Where the site has it already, it also deletes what has arrived. Should that get lost, it does so by itself after some days. */
  #dropped(item) {
    if (item.id) this.#forgetLater(item);
    if (item.url) forget(item.url, this.site).catch(() => {});
  }

  #keepAddress(item) {
    if (item.size > SMALL) this.#puts.set(item.id, item);
    this.#flushSoon();
  }

  #forgetLater(item) {
    this.#puts.delete(item.id);
    this.#removals.add(item.id);
    // Whoever leaves right after the end is not to find it among what was not finished. A thousand small ones are forgotten together.
    if (item.size > SMALL) this.#flush();
    else this.#flushSoon();
  }

  #note() {
    for (const item of this.queue.items) if (item.url && item.id && ["sending", "waiting", "paused"].includes(item.state)) this.#puts.set(item.id, item);
    this.#flush();
  }

  #flushSoon() {
    this.#flushing ??= setTimeout(() => this.#flush(), FLUSH);
  }

  #flush() {
    clearTimeout(this.#flushing);
    this.#flushing = null;
    const [puts, removals] = [[...this.#puts.values()].map(record), [...this.#removals]];
    this.#puts.clear();
    this.#removals.clear();
    if (puts.length) this.remembered.put(puts);
    if (removals.length) this.remembered.remove(removals);
  }

  #settled() {
    if (this.queue.counts.done) this.announceStored(this.queue.counts.done);
  }

  announceStored(count) {
    // Whoever shows the list may renew it; else the person is offered to.
    const unhandled = document.dispatchEvent(new CustomEvent("files:stored", { detail: { count }, cancelable: true }));
    this.root.querySelector("[data-part=renew]").hidden = !unhandled;
  }
}

function record({ id, path, folder, file, collision, url, sent, handle, at }) {
  return { id, path, folder, size: file.size, modified: file.lastModified ?? 0, collision, url, sent, handle: handle ?? null, at };
}
