// Captions beside their video: each a row with its times and its text.

import { gettext, interpolate } from "../../i18n.js";
import { Cues } from "./cues.js";
import { read, written } from "./times.js";

const SHOWN = 200;

class Editor {
  constructor(root) {
    this.root = root;
    this.cues = new Cues(JSON.parse(document.getElementById("captions-cues").textContent));
    this.edition = Number(root.dataset.edition);
    this.saved = true;
    this.first = 0;
    for (const part of ["cues", "status", "empty", "shift"]) this[`${part}Part`] = root.querySelector(`[data-part=${part}]`);
    root.hidden = false;
    // The text below would save what it was when the page came.
    document.querySelector("[data-captions-plain]").hidden = true;
    root.addEventListener("click", (event) => this.pressed(event));
    root.addEventListener("keydown", (event) => this.key(event));
    this.cuesPart.addEventListener("change", (event) => this.changed(event));
    this.cuesPart.addEventListener("input", () => this.touched());
    document.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "s") {
        event.preventDefault();
        this.save();
      }
    });
    addEventListener("beforeunload", (event) => this.saved || event.preventDefault());
    this.draw();
    this.follow();
  }

  get player() {
    return document.querySelector("[data-player]")?.player;
  }

  get moment() {
    return Math.round((this.player?.video.currentTime ?? 0) * 1000);
  }

  touched() {
    this.saved = false;
    this.button("save").disabled = false;
    this.statusPart.textContent = gettext("Not saved yet.");
  }

  button(name) {
    return this.root.querySelector(`[data-do=${name}]`);
  }

  /** Draws a window of the rows: thousands at once would make each key slow. */
  draw(focus = null) {
    const { rows } = this.cues;
    if (focus !== null && (focus < this.first || focus >= this.first + SHOWN)) this.first = Math.max(0, focus - SHOWN / 2);
    this.first = Math.max(0, Math.min(this.first, rows.length - SHOWN));
    const shown = rows.slice(this.first, this.first + SHOWN);
    const items = shown.map((row, at) => this.row(row, this.first + at));
    if (this.first > 0) items.unshift(this.more(gettext("Earlier captions"), this.first - SHOWN / 2));
    if (this.first + SHOWN < rows.length) items.push(this.more(gettext("Later captions"), this.first + SHOWN / 2));
    this.cuesPart.replaceChildren(...items);
    this.emptyPart.hidden = rows.length > 0;
    this.button("undo").disabled = !this.cues.canUndo;
    if (focus !== null) this.cuesPart.querySelector(`[data-place="${focus}"] textarea`)?.focus();
  }

  row(row, place) {
    const item = document.createElement("li");
    item.className = "cue";
    item.dataset.place = place;
    const label = (text) => interpolate(text, { place: place + 1 });
    item.append(
      button(gettext("Play"), "play", label(gettext("Play caption %(place)s"))),
      input("start", written(row.start), label(gettext("Begin of caption %(place)s"))),
      input("end", written(row.end), label(gettext("End of caption %(place)s"))),
      text(row.text, label(gettext("Text of caption %(place)s"))),
      tools(
        button(gettext("Begin here"), "begin", label(gettext("Begin here: caption %(place)s"))),
        button(gettext("End here"), "end", label(gettext("End here: caption %(place)s"))),
        button(gettext("Split"), "split", label(gettext("Split caption %(place)s at this moment"))),
        button(gettext("Join"), "join", label(gettext("Join caption %(place)s with the next one"))),
        button(gettext("Delete"), "remove", label(gettext("Delete caption %(place)s"))),
      ),
    );
    return item;
  }

  more(words, first) {
    const item = document.createElement("li");
    const press = button(words, "window", words);
    press.dataset.first = first;
    item.append(press);
    return item;
  }

  pressed(event) {
    const press = event.target.closest("button[data-do]");
    if (!press) return;
    const item = press.closest("[data-place]");
    if (item) this.onRow(press.dataset.do, Number(item.dataset.place));
    else this.onAll(press);
  }

  onAll(press) {
    const name = press.dataset.do;
    if (name === "save") this.save();
    else if (name === "add") this.done(this.cues.add(this.moment));
    else if (name === "window") {
      this.first = Number(press.dataset.first);
      this.draw();
    } else if (name === "undo") {
      this.cues.undo();
      this.done();
    } else if (name === "shift") {
      const seconds = this.shiftPart.valueAsNumber;
      if (!seconds) return;
      this.cues.shift(Math.round(seconds * 1000));
      this.done();
      this.statusPart.textContent = gettext("All captions are moved. Play a part to see whether they fit, then save.");
    }
  }

  onRow(name, place) {
    const row = this.cues.rows[place];
    const at = this.moment;
    if (name === "play") {
      this.player?.seek(row.start / 1000);
      this.player?.play();
    } else if (name === "remove") {
      this.cues.remove(place);
      this.done(Math.min(place, this.cues.rows.length - 1));
    } else if (name === "join") this.tried(this.cues.join(place), place, gettext("There is no caption after this one."));
    else if (name === "split") this.tried(this.cues.split(place, at), place, gettext("The video does not stand within this caption. Move it there first."));
    else {
      const now = this.cues.set(place, name === "begin" ? { start: at } : { end: at });
      this.tried(now !== null, now ?? place, gettext("The caption would end before it begins."));
    }
  }

  tried(worked, place, why) {
    if (worked) this.done(place);
    else this.statusPart.textContent = why;
  }

  done(focus = null) {
    this.touched();
    this.draw(focus);
  }

  changed(event) {
    const item = event.target.closest("[data-place]");
    const place = Number(item.dataset.place);
    const name = event.target.dataset.field;
    if (name === "text") {
      this.cues.set(place, { text: event.target.value });
      this.button("undo").disabled = false;
      return;
    }
    const ms = read(event.target.value);
    const now = ms === null ? null : this.cues.set(place, { [name]: ms });
    if (now === null) {
      event.target.value = written(this.cues.rows[place][name]);
      this.statusPart.textContent = gettext("Write a time as 1:02.500; a caption ends after it begins.");
      return;
    }
    this.touched();
    this.draw(now);
  }

  key(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.target.dataset.field !== "text") return;
    event.preventDefault();
    event.target.blur();
    const place = Number(event.target.closest("[data-place]").dataset.place);
    this.done(this.cues.add(Math.max(this.cues.rows[place].end, this.moment)));
  }

  follow() {
    document.querySelector("[data-player] video")?.addEventListener("timeupdate", () => {
      const now = this.cuesPart.querySelector(`[data-place="${this.cues.at(this.moment)}"]`);
      const before = this.cuesPart.querySelector("[aria-current]");
      if (now === before) return;
      before?.removeAttribute("aria-current");
      now?.setAttribute("aria-current", "true");
    });
  }

  async save() {
    document.activeElement?.blur?.();
    if (this.saved || this.saving) return;
    this.saving = true;
    this.statusPart.textContent = gettext("Saving…");
    const sent = this.cues.rows;
    try {
      const response = await fetch(location.pathname, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content },
        body: JSON.stringify({ edition: this.edition, cues: this.cues.sent() }),
      });
      const said = await response.json().catch(() => ({}));
      if (!response.ok) throw new Error(said.message ?? said.error?.message);
      this.edition = said.edition;
      this.saved = this.cues.rows === sent;
      this.button("save").disabled = this.saved;
      this.statusPart.textContent = this.saved ? gettext("Saved.") : gettext("Not saved yet.");
    } catch (problem) {
      this.statusPart.textContent = problem instanceof TypeError || !problem.message ? gettext("Could not be saved. Your changes are still here; try again.") : problem.message;
    } finally {
      this.saving = false;
    }
  }
}

function button(words, name, label) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button quiet small";
  made.dataset.do = name;
  made.textContent = words;
  made.setAttribute("aria-label", label);
  return made;
}

function input(field, value, label) {
  const made = document.createElement("input");
  made.value = value;
  made.dataset.field = field;
  made.setAttribute("aria-label", label);
  made.autocomplete = "off";
  made.inputMode = "decimal";
  return made;
}

function text(value, label) {
  const made = document.createElement("textarea");
  made.value = value;
  made.rows = Math.max(2, value.split("\n").length);
  made.maxLength = 1000;
  made.dataset.field = "text";
  made.setAttribute("aria-label", label);
  return made;
}

function tools(...buttons) {
  const made = document.createElement("div");
  made.className = "cue-tools";
  made.append(...buttons);
  return made;
}

const root = document.querySelector("[data-captions-editor]");
if (root) new Editor(root);
