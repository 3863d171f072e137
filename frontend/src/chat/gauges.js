// Two gauges below the composer: how full the model's window is, and what is left of the week's tokens. A click tells the rest.

import { address, get, post } from "./api.js";
import { gettext, interpolate, number } from "../i18n.js";
import { budgetWords, contextWords, estimate, level, share, short, windowOf } from "./figures.js";

const moments = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
const SOON = 400;

export class Gauges {
  #figures = { used: 0, measured: false, window: null, model: "", at: 0, by_themselves: true, being_written: null, problem: "", pinned: [] };
  #budget = null;
  #models = [];
  #draft = 0;
  #timers = {};

  /**
   * @param {{box: Element, dialog: HTMLDialogElement, field: HTMLTextAreaElement, urls: {context: string, summarise: string,
   *   summaries: string, pin: string, forget: string}, place: {conversation: string | null}, shown(): string | null, model(): string, send(frame: object): void,
   *   announce(words: string): void, show(id: string): void}} parts
   */
  constructor(parts) {
    Object.assign(this, parts);
    const named = (name) => this.dialog.querySelector(`[data-part=${name}]`);
    this.part = Object.fromEntries(
      ["context", "budget", "problem", "pinned", "none-pinned", "summarise", "call-off", "writing", "by-themselves", "at"].map((name) => [name, named(name)]),
    );
    this.bars = { context: this.box.querySelector("[data-gauge=context]"), budget: this.box.querySelector("[data-gauge=budget]") };
    for (const bar of Object.values(this.bars)) bar.addEventListener("click", () => this.#open());
    this.field.addEventListener("input", () => this.#soon("draft", () => this.#measureDraft()));
    named("close").addEventListener("click", () => this.dialog.close());
    this.part.summarise.addEventListener("click", () => this.#try(() => post(address(this.urls.summarise, this.place.conversation))));
    this.part["call-off"].addEventListener("click", () => this.#try(() => post(address(this.urls.forget, this.#figures.being_written))));
    this.part["by-themselves"].addEventListener("change", ({ target }) =>
      this.#try(() => post(address(this.urls.summaries, this.place.conversation), { wanted: target.checked })),
    );
    this.part.pinned.addEventListener("click", ({ target }) => this.#pinned(target));
    this.#measureDraft();
  }

  /** The socket is open: what was told before may be old. */
  opened() {
    this.askBudget();
    this.read();
  }

  setModels(models) {
    this.#models = models;
    this.#show();
  }

  /** Another model may have another window. */
  modelChosen() {
    this.#soon("read", () => this.read());
  }

  event(event) {
    if (event.type === "budget") this.#budget = event;
    else if (event.type === "generation.finished" && event.conversation === this.shown()) this.#finished(event.message);
    else if (event.conversation && event.conversation === this.shown()) {
      if (event.type === "context.changed" && event.problem) this.#trouble(event.problem);
      if (["context.changed", "branch.shown", "message.changed"].includes(event.type)) this.#soon("read", () => this.read());
      if (event.type === "message.added") this.askBudget();
    }
    this.#show();
  }

  askBudget() {
    this.#soon("budget", () => this.send({ type: "budget" }));
  }

  /** Where the conversation was moved to another one, or none. */
  async read() {
    if (!this.place.conversation) return this.#show();
    try {
      this.#figures = await get(address(this.urls.context, this.place.conversation));
    } catch {
      /* What is shown stays; the next news brings another try. */
    }
    this.#show();
  }

  #finished(message) {
    this.askBudget();
    this.#measureDraft();
    // A model that was not met before brings its window.
    if (message.context === null || message.model !== this.#figures.model || this.dialog.open) this.#soon("read", () => this.read());
    if (message.context !== null) Object.assign(this.#figures, { used: message.context, measured: true });
  }

  #trouble(words) {
    this.announce(words);
    this.#open();
  }

  #measureDraft() {
    this.#draft = estimate(this.field.value);
    this.#show();
  }

  #open() {
    if (!this.dialog.open) this.dialog.showModal();
    this.askBudget();
    this.read();
  }

  async #try(request) {
    this.part.problem.hidden = true;
    try {
      await request();
      await this.read();
    } catch (error) {
      this.#say(error.message);
      this.#showMemory();
    }
  }

  #say(words) {
    this.part.problem.textContent = words;
    this.part.problem.hidden = !words;
  }

  #pinned(target) {
    const id = target.closest("[data-pinned-message]")?.dataset.pinnedMessage;
    if (target.matches("[data-action=unpin]")) this.#try(() => post(address(this.urls.pin, id), { pinned: false }));
    if (target.matches("[data-action=show]")) {
      this.dialog.close();
      this.show(id);
    }
  }

  #soon(name, act) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(act, SOON);
  }

  // --- drawing ---------------------------------------------------------------------------------------------------------

  get #window() {
    return (this.place.conversation && this.#figures.window) || windowOf(this.#models, this.model());
  }

  #show() {
    const { used, measured, model } = this.#figures;
    const window = this.#window;
    const whole = used + this.#draft;
    const words = contextWords({ used, measured, window, model, draft: this.#draft });
    this.#bar(this.bars.context, gettext("Context"), short(whole), window ? short(window) : "?", share(whole, window), words);
    this.part.context.textContent = words;
    this.#showBudget();
    if (this.dialog.open) this.#showMemory();
  }

  #showBudget() {
    const week = this.#budget;
    this.bars.budget.hidden = !week?.counted;
    if (!week) return;
    const words = week.counted ? budgetWords(week, (moment) => moments.format(moment)) : gettext("This site does not count tokens.");
    this.part.budget.textContent = words;
    const spent = week.used + week.reserved;
    if (week.counted) this.#bar(this.bars.budget, gettext("Week"), short(spent), short(week.limit), share(spent, week.limit || 1), words);
  }

  #bar(bar, name, used, whole, part, words) {
    bar.querySelector("[data-part=text]").textContent = interpolate(gettext("%s %s of %s"), [name, used, whole]);
    bar.dataset.level = level(part);
    bar.style.setProperty("--part", String(part ?? 0));
    bar.title = words;
  }

  #showMemory() {
    const { at, by_themselves, being_written, problem, pinned } = this.#figures;
    if (problem && this.part.problem.hidden) this.#say(problem);
    const none = !this.place.conversation;
    this.part.summarise.disabled = none || Boolean(being_written);
    this.part.writing.hidden = !being_written;
    this.part["by-themselves"].checked = by_themselves && at > 0;
    this.part["by-themselves"].disabled = none || at === 0;
    this.part.at.textContent = at
      ? interpolate(gettext("Older messages are summarised by themselves when %s%% of the window is full."), [number(at)])
      : gettext("This site summarises nothing by itself.");
    this.part["none-pinned"].hidden = pinned.length > 0;
    this.part.pinned.replaceChildren(...pinned.map((message) => this.#row(message)));
  }

  #row({ id, role, text }) {
    const row = document.createElement("li");
    row.dataset.pinnedMessage = id;
    const who = role === "user" ? gettext("You") : gettext("Answer");
    const words = button("show", `${who}: ${text}`);
    words.className = "tool link";
    const unpin = button("unpin", gettext("Unpin"));
    unpin.setAttribute("aria-label", interpolate(gettext("Unpin “%s”"), [text.slice(0, 60)]));
    row.append(words, unpin);
    return row;
  }
}

function button(action, text) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "tool", textContent: text });
  made.dataset.action = action;
  return made;
}
