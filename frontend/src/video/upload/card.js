// One video on its way: what is shown of it, and what can be done with it now.

import { gettext, interpolate, number } from "../../i18n.js";
import { size, time } from "../../files/upload/words.js";

const TYPED = 600;
const UNDER_WAY = ["uploading", "fetching", "waiting", "making"];

export class Card {
  /** `video` as the site tells it; `item` of the queue while it is being sent from here; `record` when the browser remembers its file. */
  constructor(pattern, video, { pressed, changed }) {
    Object.assign(this, { video, item: null, record: null });
    this.element = pattern.content.firstElementChild.cloneNode(true);
    this.element.addEventListener("click", ({ target }) => {
      const what = target.closest("button[data-do]")?.dataset.do;
      if (what) pressed(what);
    });
    for (const field of this.element.querySelectorAll("[name]")) {
      field.value = video[field.name] ?? "";
      let kept = field.value;
      let soon = null;
      const keep = () => {
        clearTimeout(soon);
        if (field.value === kept) return;
        kept = field.value;
        changed({ [field.name]: kept });
      };
      // Who types and goes away without leaving the field has said it, too.
      field.addEventListener("input", () => {
        clearTimeout(soon);
        soon = setTimeout(keep, TYPED);
      });
      field.addEventListener("change", keep);
    }
    // Who has chosen a password or people on the other page sees that here.
    const privacy = this.element.querySelector("[name=privacy]");
    if (!privacy.value) privacy.add(new Option(video.privacy_words, video.privacy, true, true));
  }

  get slug() {
    return this.video.slug;
  }

  told(video) {
    this.video = { ...this.video, ...video };
    this.draw();
  }

  remove() {
    this.element.remove();
  }

  draw() {
    const { element, video, item, record } = this;
    const state = item ? "sending" : video.state;
    element.dataset.state = state;
    const bar = element.querySelector("[data-part=bar]");
    const share = item ? item.sent / Math.max(1, item.size) : video.progress;
    bar.hidden = !item && !["making", "fetching"].includes(state);
    bar.value = share;
    bar.setAttribute("aria-label", video.title || gettext("Progress"));
    const facts = element.querySelector("[data-part=facts]");
    const words = this.#words(share);
    if (facts.textContent !== words) facts.textContent = words;
    const show = (name, wanted) => (element.querySelector(name).hidden = !wanted);
    show("[data-do=resume]", !item && !video.fetched && (["draft", "uploading"].includes(state) || (state === "cancelled" && !video.has_content)));
    show("[data-do=retry]", item?.state === "failed" ? false : (video.has_content || video.fetched) && ["failed", "cancelled"].includes(state));
    show("[data-do=cancel]", item || UNDER_WAY.includes(state));
    show("[data-do=delete]", !item && !UNDER_WAY.includes(state));
    for (const name of ["watch", "edit"]) {
      const link = element.querySelector(`[data-part=${name}]`);
      link.hidden = !video.urls[name] || (name === "watch" && !video.playable);
      if (!link.hidden) link.href = video.urls[name];
    }
    if (record && !item && state === "uploading") element.dataset.state = "unfinished";
  }

  #words(share) {
    const { video, item, record } = this;
    const percent = number(Math.floor(share * 100));
    if (item?.state === "failed") return item.words;
    if (item) return interpolate(gettext("%(sent)s of %(all)s sent (%(percent)s %)"), { sent: size(item.sent), all: size(item.size), percent });
    if (video.state === "fetching") return interpolate(gettext("Being fetched: %s %"), [percent]);
    if (video.state === "making") {
      const parts = [interpolate(gettext("Being made: %s %"), [percent])];
      if (video.estimate !== null) parts.push(interpolate(gettext("%s left"), [time(video.estimate)]));
      if (video.playable) parts.push(gettext("it can be watched already"));
      return parts.join(" · ");
    }
    if (video.state === "uploading" && record) return interpolate(gettext("Not all of %s has come."), [record.path]);
    return video.error || video.words;
  }
}
