// The page that opens a sealed paste. What is in it may be hostile: it is shown as text, and Markdown passes two walls of its own.

import { copyFrom } from "../chat/copy.js";
import { gettext, interpolate, ngettext, number } from "../i18n.js";
import { ask, painted, whyNot } from "./sealed_api.js";
import { fromBase64, readFragment } from "./sealed_base.js";
import { isDrawn, readBody } from "./sealed_body.js";
import { Comments } from "./sealed_comments.js";
import { CannotOpen, proofOf, unseal } from "./sealed_crypto.js";
import { fetchFile } from "./sealed_parts.js";

const part = (name) => document.getElementById(`sealed-${name}`);

class Reader {
  constructor(facts, page) {
    this.facts = facts;
    this.page = page;
    this.record = null;
    this.password = "";
  }

  say(words, bad = false) {
    part("status").textContent = words;
    part("status").classList.toggle("bad", bad);
  }

  begin() {
    const problem = whyNot();
    const { key, asks } = readFragment(location.hash);
    if (problem) return this.say(problem, true);
    if (!key) return this.say(gettext("The key is missing from this address, or was copied in part. Ask for the whole link: the site does not have the key."), true);
    this.key = key;
    part("open").addEventListener("submit", (event) => {
      event.preventDefault();
      this.open();
    });
    const limited = this.facts.views !== null;
    if (!limited && !asks && !this.facts.password) return this.open();
    this.offer(limited);
  }

  /** Nothing is fetched before somebody says so. */
  offer(limited) {
    const { views, proof } = this.facts;
    let words = "";
    if (limited && views === 1) words = gettext("This paste can be read once. Opening it deletes it from the site.");
    else if (limited) words = interpolate(ngettext("This paste can be read %s more time.", "This paste can be read %s more times.", views), [number(views)]);
    const said = [words, proof ? gettext("A wrong password uses nothing up.") : ""];
    part("warning").textContent = said.filter(Boolean).join(" ");
    this.askPassword(this.facts.password);
    part("open").hidden = false;
  }

  askPassword(wanted) {
    part("password-field").hidden = !wanted;
    if (wanted) part("password").focus();
  }

  async open() {
    this.password = part("password").value;
    const button = part("open").querySelector("button");
    button.disabled = true;
    this.say(gettext("Opening…"));
    await painted();
    try {
      // Fetched once: with a wrong password the sealed text stays here, and another can be tried.
      this.record ??= await this.fetch();
      this.show(await unseal(this.record, this.key, this.password));
    } catch (error) {
      this.refused(error);
    }
    button.disabled = false;
  }

  async fetch() {
    const { id, adata, proof } = this.facts;
    if (!proof) return ask(`${this.page.dataset.url}?${id}`);
    return ask(this.page.dataset.open, { body: { pasteid: id, proof: await proofOf(adata, this.key, this.password) } });
  }

  refused(error) {
    const wrong = error instanceof CannotOpen || error.code === "wrong_proof";
    if (wrong) {
      const asked = !part("password-field").hidden;
      part("open").hidden = false;
      part("warning").textContent = this.record && this.facts.views === 1 ? gettext("The site has deleted its copy. This page holds the only one: do not close it.") : "";
      this.askPassword(true);
      const words = asked
        ? gettext("This is not the password, or the link is incomplete.")
        : gettext("This paste has a password, or the link is incomplete.");
      return this.say(words, asked);
    }
    const unreadable = error instanceof TypeError || error instanceof RangeError || error.name === "NotForUs";
    this.say(error.code ? error.message : unreadable ? gettext("This paste was made in a way that this page cannot show.") : error.message, true);
  }

  show(plain) {
    const { text, files, parts } = readBody(plain);
    part("open").hidden = true;
    part("content").hidden = false;
    part("text").textContent = text;
    part("text").hidden = !text;
    part("copy").addEventListener("click", () => copyFrom(part("copy"), text));
    part("save").href = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
    this.rendered(text);
    this.colours(text);
    for (const file of files) part("files").append(fileRow(file));
    for (const file of parts) part("files").append(this.partsRow(file));
    part("files").hidden = !(files.length || parts.length);
    this.say(this.ending());
    if (this.facts.recipient) this.offerDeletion();
    if (this.record.adata[2]) new Comments(this).show(this.record.comments ?? []);
    part("content").focus();
  }

  ending() {
    const left = this.record.views_left;
    if (left === undefined) return this.facts.views === 1 ? gettext("This paste is deleted from the site now. Copy what you need.") : "";
    if (left === 0) return gettext("This paste is deleted from the site now. Copy what you need.");
    return interpolate(ngettext("It can be read %s more time.", "It can be read %s more times.", left), [number(left)]);
  }

  /** Markdown is read on demand: neither its reader nor what cleans it is loaded for other pastes. */
  async rendered(text) {
    if (this.record.adata[1] !== "markdown" || !text) return;
    const toggle = part("toggle");
    try {
      const { render } = await import(this.page.dataset.markdown);
      part("prose").replaceChildren(render(text));
    } catch {
      return; // it stays to be read as it was written
    }
    const set = (nice) => {
      part("prose").hidden = !nice;
      part("text").hidden = nice;
      toggle.textContent = nice ? gettext("Show as written") : gettext("Show formatted");
    };
    toggle.hidden = false;
    toggle.addEventListener("click", () => set(part("prose").hidden));
    set(true);
  }

  /** Code is coloured on demand, in the language that it looks like or that its reader chooses. */
  async colours(text) {
    if (this.record.adata[1] !== "syntaxhighlighting" || !text) return;
    const choice = part("language");
    let code;
    try {
      code = await import(this.page.dataset.code);
    } catch {
      return; // it stays to be read as it was written
    }
    for (const name of code.names) choice.add(new Option(name, name));
    const show = () => {
      try {
        part("text").replaceChildren(code.coloured(text, choice.value));
      } catch {
        part("text").textContent = text;
      }
    };
    choice.value = code.guess(text);
    choice.addEventListener("change", show);
    part("language-field").hidden = false;
    show();
  }

  /** A large file: fetched and opened when somebody wants it, one part after the other. */
  partsRow(file) {
    const { row, link } = emptyRow(file.name, file.size);
    link.href = "#";
    link.addEventListener("click", async (event) => {
      if (link.download) return;
      event.preventDefault();
      try {
        const whole = await fetchFile(this.page.dataset.part, this.facts.id, this.record.claim, file, (words) => this.say(words));
        link.href = URL.createObjectURL(whole);
        link.download = file.name;
        this.say("");
        link.click();
      } catch (error) {
        this.say(error.message, true);
      }
    });
    return row;
  }

  async proof() {
    return proofOf(this.facts.adata, this.key, this.password);
  }

  offerDeletion() {
    const button = part("remove");
    button.hidden = this.record.views_left === 0;
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        await ask(this.page.dataset.url, { body: { pasteid: this.facts.id, proof: await this.proof() }, method: "DELETE" });
        button.hidden = true;
        this.say(gettext("This paste is deleted from the site now. Copy what you need."));
      } catch (error) {
        this.say(error.message, true);
      }
      button.disabled = false;
    });
  }
}

/** Saved and never opened here: whatever a file says it is, for this site's origin it is bytes. */
function fileRow(file) {
  const bytes = fromBase64(file.data);
  const { row, link } = emptyRow(file.name, bytes.length);
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  link.download = file.name;
  if (isDrawn(file)) {
    const image = document.createElement("img");
    image.alt = file.name;
    image.src = `data:${file.type};base64,${file.data}`;
    row.append(image);
  }
  return row;
}

function emptyRow(name, length) {
  const row = document.createElement("li");
  const link = document.createElement("a");
  link.textContent = name;
  link.dataset.testid = "sealed-file";
  const size = document.createElement("span");
  size.className = "muted";
  size.textContent = interpolate(ngettext("%s byte", "%s bytes", length), [number(length)]);
  row.append(link, " ", size);
  return { row, link };
}

const page = document.getElementById("sealed");
if (page) new Reader(JSON.parse(document.getElementById("sealed-facts").textContent), page).begin();
