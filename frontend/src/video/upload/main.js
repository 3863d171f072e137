// The page on which videos are brought: each file begins a draft, goes by tus, and is followed while it is made.

import { gettext, interpolate } from "../../i18n.js";
import { dropping } from "../../chat/dropping.js";
import { post, token } from "../../chat/api.js";
import { Queue } from "../../files/upload/queue.js";
import { Remembered } from "../../files/upload/remembered.js";
import { pickedToKeep, reopened } from "../../files/upload/sources.js";
import { forget, send } from "../../files/upload/transfer.js";
import { Card } from "./card.js";

const EVERY = 2_000;
const SELDOM = 15_000;
const FOLLOWED = ["waiting", "making", "fetching"];

class Page {
  #cards = new Map();

  constructor(place) {
    this.root = place;
    this.part = (name) => place.querySelector(`[data-part="${name}"]`);
    this.remembered = new Remembered({ owner: `video ${place.dataset.owner}` });
    this.queue = new Queue({ send: (item, tell) => send(item, this.#site(item.id), tell) });
    for (const type of ["changed", "addressed", "stored", "failed"]) this.queue.addEventListener(type, ({ detail }) => detail?.id && this.#moved(type, detail));
    this.queue.addEventListener("halted", ({ detail }) => this.say(detail));
  }

  say(words) {
    const status = this.part("status");
    status.textContent = status.textContent === words ? `${words}\u00a0` : words;
  }

  async start() {
    const known = new Map((await this.remembered.all()).map((record) => [record.id, record]));
    for (const video of JSON.parse(document.getElementById("videos-under-way").textContent)) this.#card(video).record = known.get(video.slug) ?? null;
    this.#draw();
    const input = this.part("input");
    this.part("choose").addEventListener("click", async () => {
      const found = await pickedToKeep();
      if (found) this.take(found);
      else input.click();
    });
    input.addEventListener("change", () => {
      this.take([...input.files].map((file) => ({ file, handle: null })));
      input.value = "";
    });
    dropping(document.getElementById("main"), (files) => this.take(files.map((file) => ({ file, handle: null }))));
    addEventListener("offline", () => this.queue.isBusy && this.queue.lose());
    addEventListener("online", () => this.queue.back());
    addEventListener("beforeunload", (event) => this.queue.isBusy && event.preventDefault());
    this.#follow();
  }

  /** Each is a video of its own; one after the other, so that of too many the first are taken. */
  async take(items) {
    for (const { file, handle } of items) {
      if (file.size > Number(this.root.dataset.most)) {
        this.#refused(interpolate(gettext("%s is larger than the site takes."), [file.name]));
        continue;
      }
      const video = await this.#ask(this.root.dataset.begin, { name: file.name });
      if (!video) return;
      const card = this.#card(video, { first: true });
      this.say(interpolate(gettext("%s is on its way."), [file.name]));
      this.#send(card, file, { handle });
    }
  }

  #send(card, file, { url = "", sent = 0, handle = null } = {}) {
    card.record = { id: card.slug, path: file.name, size: file.size, modified: file.lastModified ?? 0, url, sent, handle };
    this.remembered.put([card.record]);
    this.queue.add([{ file, path: file.name, id: card.slug, url, sent, handle }]);
    this.#draw();
  }

  #moved(type, item) {
    const card = this.#cards.get(item.id);
    if (!card) return;
    card.item = type === "stored" ? null : item;
    if (type === "addressed") this.remembered.put([{ ...card.record, url: item.url, sent: item.sent }]);
    if (type === "stored") {
      this.remembered.remove([item.id]);
      card.record = null;
      this.#look(card);
      this.say(interpolate(gettext("%s has come, and is being made."), [item.path]));
    }
    card.draw();
  }

  /** What a button of a card says. */
  async #pressed(card, what) {
    if (what === "resume") return this.#again(card);
    const { item, record } = card;
    if (item) {
      this.queue.cancel(item);
      card.item = null;
    }
    if (what !== "retry" && record) {
      if (record.url && !item) forget(record.url, this.#site(card.slug)).catch(() => {});
      await this.remembered.remove([card.slug]);
      card.record = null;
    }
    const told = await this.#ask(card.video.urls[what], {});
    if (told && what === "delete") {
      card.remove();
      this.#cards.delete(card.slug);
      this.say(gettext("The video is in the trash."));
    } else if (told) card.told(told);
    this.#draw();
  }

  /** The same file, which the browser may open by itself; another one begins anew. */
  async #again(card) {
    const { record } = card;
    const kept = record?.handle ? await reopened(record) : null;
    const goOn = (file, handle) => {
      const same = record && file.size === record.size && (file.lastModified ?? 0) === record.modified;
      this.#send(card, file, same ? { ...record, handle } : { handle });
    };
    if (kept) return goOn(kept, record.handle);
    const input = this.part("input").cloneNode();
    input.removeAttribute("multiple");
    input.addEventListener("change", () => input.files[0] && goOn(input.files[0], null));
    input.click();
  }

  #card(video, { first = false } = {}) {
    const card = new Card(this.part("card"), video, { pressed: (what) => this.#pressed(card, what), changed: (said) => this.#ask(video.urls.describe, said) });
    this.#cards.set(video.slug, card);
    this.part("list")[first ? "prepend" : "append"](card.element);
    return card;
  }

  #draw() {
    for (const card of this.#cards.values()) card.draw();
    this.part("empty").hidden = this.#cards.size > 0;
  }

  async #follow() {
    for (const card of this.#cards.values()) if (FOLLOWED.includes(card.video.state)) await this.#look(card);
    setTimeout(() => this.#follow(), document.hidden ? SELDOM : EVERY);
  }

  async #look(card) {
    try {
      const response = await fetch(card.video.urls.state, { headers: { Accept: "application/json" } });
      if (response.ok) card.told(await response.json());
    } catch {
      // The site cannot be reached; it is asked again.
    }
  }

  #site(slug) {
    const { endpoint, header } = this.root.dataset;
    return { endpoint, headers: { Accept: "application/json", ...(token ? { "X-CSRFToken": token } : {}), [header]: slug }, metadata: {} };
  }

  /** What the site answers; null when it refuses, which is said. */
  async #ask(url, body) {
    try {
      const answer = await post(url, body);
      this.part("refused").textContent = "";
      return answer;
    } catch (error) {
      this.#refused(error.message);
      return null;
    }
  }

  #refused(words) {
    this.part("refused").textContent = words;
    this.say(words);
  }
}

const root = document.querySelector("[data-video-upload]");
if (root) new Page(root).start();
