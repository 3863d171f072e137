// The discussion at a sealed paste: comments are sealed with the paste's key and shown as text, each below what it answers.

import { gettext, interpolate, language } from "../i18n.js";
import { ask } from "./sealed_api.js";
import { readComment, writeComment } from "./sealed_body.js";
import { newCipher, seal, unseal } from "./sealed_crypto.js";

const DEEPEST = 6;
const place = () => document.getElementById("sealed-comments");

export class Comments {
  constructor(reader) {
    this.reader = reader;
    this.lists = new Map([[reader.facts.id, place().querySelector("ol")]]);
  }

  async show(comments) {
    place().hidden = false;
    for (const comment of comments) this.add(comment, await this.read(comment));
    const form = place().querySelector("form");
    if (!this.reader.facts.discussion) return;
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send(form);
    });
  }

  async read(comment) {
    try {
      return readComment(await unseal(comment, this.reader.key, this.reader.password));
    } catch {
      return null; // sealed with another key: whoever knows the address can send noise
    }
  }

  add({ id, parentid, meta }, said) {
    const list = this.lists.get(parentid) ?? this.lists.get(this.reader.facts.id);
    const row = document.createElement("li");
    row.dataset.testid = "sealed-comment";
    const head = document.createElement("p");
    head.className = "muted";
    const name = document.createElement("strong");
    name.textContent = said?.name || gettext("Somebody");
    const when = document.createElement("time");
    when.textContent = ` ${new Date(meta.created * 1000).toLocaleString(language)}`;
    head.append(name, when);
    const text = document.createElement("p");
    text.className = "plain";
    text.textContent = said ? said.text : gettext("This comment cannot be read with the key of this page.");
    row.append(head, text);
    if (this.reader.facts.discussion) row.append(this.answerButton(id, said));
    const answers = document.createElement("ol");
    row.append(answers);
    list.append(row);
    this.lists.set(id, depth(list) < DEEPEST ? answers : list);
  }

  answerButton(id, said) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet small";
    button.textContent = gettext("Answer");
    button.addEventListener("click", () => {
      const form = place().querySelector("form");
      form.dataset.parent = id;
      form.querySelector("[data-part=answers]").textContent = said ? interpolate(gettext("Your answer to: %s"), [said.text.slice(0, 100)]) : "";
      form.elements.namedItem("comment").focus();
    });
    return button;
  }

  async send(form) {
    const { facts, key, password } = this.reader;
    const text = form.elements.namedItem("comment").value.trim();
    const name = form.elements.namedItem("nickname").value.trim();
    if (!text) return;
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const adata = newCipher();
      const { ct } = await seal(writeComment(text, name), adata, key, password);
      const parentid = form.dataset.parent || facts.id;
      const body = { v: 2, adata, ct, pasteid: facts.id, parentid, ...(facts.proof && { proof: await this.reader.proof() }) };
      const made = await ask(this.reader.page.dataset.url, { body });
      this.add({ id: made.id, parentid, meta: { created: made.created } }, { text, name });
      form.elements.namedItem("comment").value = "";
      form.querySelector("[data-part=answers]").textContent = "";
      delete form.dataset.parent;
      this.reader.say("");
    } catch (error) {
      this.reader.say(error.message, true);
    }
    button.disabled = false;
  }
}

function depth(list) {
  let found = 0;
  for (let at = list; at && at !== place(); at = at.parentElement) found += at.localName === "ol";
  return found;
}
