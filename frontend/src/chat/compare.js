// Several answers to one question, side by side until one is kept.

import { gettext } from "../i18n.js";
import { address, post } from "./api.js";
import { part } from "./parts.js";
import { isRunning } from "./states.js";
import { MessageList } from "./message_list.js";

export class Comparison {
  #labels = new Map();

  /** @param {(article: Element) => void} dropped Called before an answer leaves the page. */
  constructor(section, dropped) {
    this.section = section;
    this.list = new MessageList(part(section, "answers"), dropped);
    for (const article of this.articles) this.#labels.set(article.dataset.message, article.dataset.label);
    for (const article of this.articles) this.#dress(article);
  }

  get articles() {
    return [...this.list.list.children];
  }

  get open() {
    return !this.section.hidden;
  }

  find(id) {
    return this.list.find(id);
  }

  /** A question was put to several models; their answers follow. */
  begin({ comparison, blind, answers }) {
    if (this.section.dataset.comparison !== comparison) this.end();
    this.section.dataset.comparison = comparison;
    part(this.section, "blind").hidden = !blind;
    this.#labels = new Map(answers.map(({ message, label }) => [message, label]));
    this.section.hidden = false;
  }

  expects(id) {
    return this.open && this.#labels.has(id);
  }

  add(message) {
    this.list.add(message, null);
    const order = [...this.#labels.keys()];
    const article = this.find(message.id);
    const after = this.articles.find((other) => order.indexOf(other.dataset.message) > order.indexOf(message.id));
    if (after) after.before(article);
    article.dataset.label = this.#labels.get(message.id);
    this.#dress(article);
  }

  /** Makes it equal to what the site has stored: `read` is the section of the page read anew. Returns the answers that are new. */
  merge(read, keep) {
    const articles = read ? [...part(read, "answers").children].map((article) => document.adoptNode(article)) : [];
    if (!articles.length) {
      this.end();
      return [];
    }
    const labels = articles.map((article) => ({ message: article.dataset.message, label: article.dataset.label }));
    this.begin({ comparison: read.dataset.comparison, blind: !part(read, "blind").hidden, answers: labels });
    const fresh = this.list.merge(articles, keep);
    for (const article of this.articles) this.#dress(article);
    return fresh;
  }

  end() {
    for (const article of this.articles) this.list.remove(article);
    this.#labels.clear();
    this.section.hidden = true;
    this.section.dataset.comparison = "";
  }

  /** Whether none of its answers, all being over, is one to go on from. */
  get failed() {
    return this.articles.every((article) => ["failed", "cancelled"].includes(article.dataset.state));
  }

  /** Called after each change: what may be done to an answer hangs on whether it runs. */
  show() {
    for (const article of this.articles) this.#dress(article);
  }

  #dress(article) {
    part(article, "author").textContent = article.dataset.label;
    if (!part(article, "candidate-tools")) {
      const tools = document.getElementById("candidate-template").content.firstElementChild.cloneNode(true);
      article.querySelector(".message-head").after(tools);
    }
    const stop = article.querySelector("[data-action=stop-answer]");
    const keep = article.querySelector("[data-action=keep-answer]");
    stop.hidden = !isRunning(article);
    keep.hidden = !isRunning(article) && !part(article, "body").textContent.trim();
  }
}

/** Keep and Stop of each answer: `kept(head)` when the site keeps one. */
export function comparisonTools(comparison, { url, connection, kept, failed }) {
  return async (action, article) => {
    if (action === "stop-answer") connection.send({ type: "stop", generation: article.dataset.generation });
    if (action !== "keep-answer") return;
    const buttons = comparison.section.querySelectorAll("[data-action=keep-answer]");
    for (const button of buttons) button.disabled = true;
    try {
      const { head } = await post(address(url, article.dataset.message));
      await kept(head);
    } catch (error) {
      for (const button of buttons) button.disabled = false;
      failed(error.message);
      await kept(null);
    }
  };
}

/** In the composer: which models the next message goes to. */
export class CompareChoice {
  constructor(box) {
    this.box = box;
    this.models = part(box, "models");
    this.note = part(box, "note");
    this.words = this.note.textContent;
    box.addEventListener("change", () => this.#show());
  }

  get #chosen() {
    return [...this.models.querySelectorAll("input:checked")].map((input) => input.value);
  }

  offer(models) {
    const aliases = models.map(({ alias }) => alias);
    this.box.hidden = aliases.length < 2;
    const known = [...this.models.querySelectorAll("input")].map((input) => input.value);
    if (JSON.stringify(known) === JSON.stringify(aliases)) return;
    const chosen = new Set(this.#chosen);
    this.models.replaceChildren(...aliases.map((alias) => box(alias, chosen.has(alias))));
    this.#show();
  }

  /** What a message says that goes to several models; nothing for one that goes to one. Throws for a choice that is none. */
  fields() {
    const models = this.#chosen;
    if (!models.length) return {};
    if (models.length < 2 || models.length > 4) throw new Error(gettext("Choose two to four models to compare, or none."));
    // Until a machine is there, all of them wait: the Markov generator is nothing to compare.
    return { type: "compare", models, blind: this.box.querySelector("[name=blind]").checked, offline: "wait" };
  }

  clear() {
    for (const input of this.box.querySelectorAll("input:checked")) input.checked = false;
    this.box.open = false;
    this.#show();
  }

  #show() {
    const count = this.#chosen.length;
    part(this.box, "chosen").textContent = count ? `(${count})` : "";
    this.note.classList.toggle("warning", count === 1 || count > 4);
  }
}

function box(alias, checked) {
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type: "checkbox", value: alias, checked });
  input.dataset.testid = "compare-model";
  label.append(input, ` ${alias}`);
  return label;
}
