// Model, system prompt, temperature and thinking of the conversation. Before there is one, they are kept here until it is made.

import { address, post } from "./api.js";
import { gettext, interpolate } from "../i18n.js";
import { thinkingChoices } from "./words.js";

export class Settings {
  #dirty = false;
  #models = [];

  constructor({ form, dialog, opener, select, url, conversation, changed, failed }) {
    Object.assign(this, { form, dialog, select, url, conversation, changed, failed });
    this.error = form.querySelector("[data-part=error]");
    this.thinking = form.elements.thinking;
    this.thinkingField = form.querySelector("[data-part=thinking-field]");
    opener.addEventListener("click", () => dialog.showModal());
    form.querySelector("[data-part=cancel]").addEventListener("click", () => {
      form.reset();
      this.#offerThinking(this.thinking.value);
      dialog.close();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save().then((saved) => saved && dialog.close());
    });
    select.addEventListener("change", () => this.#chosen());
  }

  /** The models that answer now, for a list to choose from. */
  get models() {
    return this.#models.map(({ alias, live }) => ({ id: alias, title: alias, hint: live ? "" : gettext("offline") }));
  }

  choose(model) {
    this.#offer(model);
    this.#chosen();
  }

  #chosen() {
    this.#offerThinking(this.thinking.value);
    this.changed(this.select.value);
    this.#save().then((saved) => saved || this.failed(this.error.textContent));
  }

  get model() {
    return this.select.value;
  }

  /** As they stand in the form. */
  get values() {
    const { system_prompt: prompt, temperature } = this.form.elements;
    const warmth = temperature.value === "" ? null : Number(temperature.value);
    return { model: this.model, system_prompt: prompt.value, temperature: warmth, thinking: this.thinking.value };
  }

  /** Settings chosen before the conversation was there are stored with it now, ahead of its first message. Returns it as stored. */
  async moveTo(conversation) {
    this.conversation = conversation.id;
    if (!this.#dirty) return conversation;
    const stored = await this.#save();
    if (!stored) throw new Error(this.error.textContent);
    return stored;
  }

  /** Changed elsewhere: another device, or this form just now. */
  show({ model, system_prompt, temperature, thinking }) {
    if (this.dialog.open) return;
    const before = this.model;
    this.#offer(model);
    const { system_prompt: prompt, temperature: warmth } = this.form.elements;
    // As defaults, so that Cancel returns to what is stored.
    prompt.defaultValue = prompt.value = system_prompt;
    warmth.defaultValue = warmth.value = temperature ?? "";
    this.#offerThinking(thinking, true);
    if (this.model !== before) this.changed(this.model);
  }

  setModels(models) {
    this.#models = models;
    if (!this.dialog.open) this.#offerThinking(this.thinking.value);
    const chosen = this.select.value;
    const wanted = models.map((model) => [model.alias, model.live ? model.alias : interpolate(gettext("%s (offline)"), [model.alias])]);
    if (chosen && !models.some((model) => model.alias === chosen)) wanted.push([chosen, chosen.startsWith("@") ? gettext("an administrator") : interpolate(gettext("%s (gone)"), [chosen])]);
    const known = [...this.select.options].slice(1).map((option) => [option.value, option.text]);
    if (JSON.stringify(known) === JSON.stringify(wanted)) return;
    this.select.replaceChildren(this.select.options[0], ...wanted.map(([value, text]) => new Option(text, value)));
    this.select.value = chosen;
  }

  /** The choices of the model that is chosen, and what was chosen before, whether that model knows it or not. */
  #offerThinking(chosen, stored = false) {
    const wanted = thinkingChoices(this.#models, this.select.value);
    if (chosen && !wanted.includes(chosen)) wanted.push(chosen);
    const kept = stored ? chosen : ([...this.thinking.options].find((option) => option.defaultSelected)?.value ?? "");
    const options = wanted.map((value) => new Option(value, value, value === kept, value === chosen));
    this.thinking.replaceChildren(this.thinking.options[0], ...options);
    this.thinking.value = chosen;
    this.thinkingField.hidden = !wanted.length;
  }

  #offer(model) {
    if (model && ![...this.select.options].some((option) => option.value === model)) this.select.append(new Option(interpolate(gettext("%s (gone)"), [model]), model));
    this.select.value = model;
  }

  /** The conversation as stored, an empty object while there is none, or null after a refusal, which the form then shows. */
  async #save() {
    this.error.hidden = true;
    if (!this.conversation) {
      this.#dirty = true;
      return {};
    }
    const { system_prompt: prompt, temperature } = this.form.elements;
    let stored;
    try {
      stored = await post(address(this.url, this.conversation), {
        model: this.select.value,
        system_prompt: prompt.value,
        temperature: temperature.value,
        thinking: this.thinking.value,
      });
    } catch (error) {
      this.error.textContent = error.message;
      this.error.hidden = false;
      return null;
    }
    this.#dirty = false;
    prompt.defaultValue = prompt.value;
    temperature.defaultValue = temperature.value;
    this.#offerThinking(this.thinking.value, true);
    return stored.conversation;
  }
}
