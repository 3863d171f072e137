// Keeps the end of the conversation in sight while, and only while, the reader is there.

const NEAR = 48;

export class Scroller {
  #stuck = true;
  #top = 0;

  constructor(box, list, button) {
    this.box = box;
    this.button = button;
    box.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    list.addEventListener("grown", () => this.follow());
    list.addEventListener("reading", () => this.#letGo());
    // Messages out of sight are not laid out yet; as they come near, their true heights move the end.
    const sizes = new ResizeObserver(() => this.follow());
    sizes.observe(box);
    sizes.observe(list);
    button.addEventListener("click", () => this.toEnd());
    addEventListener("hashchange", () => this.toNamed());
    if (!this.toNamed()) this.toEnd();
  }

  /** To the message that the address names, if it is here. */
  toNamed() {
    const named = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!named || !this.box.contains(named)) return false;
    this.#stuck = false;
    named.scrollIntoView({ block: "start" });
    return true;
  }

  follow() {
    if (!this.#stuck) return;
    this.box.scrollTop = this.box.scrollHeight;
    this.#top = this.box.scrollTop;
  }

  toEnd() {
    this.#stuck = true;
    this.follow();
  }

  /** Something was opened to be read: what is above it stays where it is. */
  #letGo() {
    this.#stuck = false;
    requestAnimationFrame(() => this.#scrolled());
  }

  // Only going up lets go of the end: growth below also leaves it behind, and is no wish of the reader's.
  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.box;
    if (scrollHeight - scrollTop - clientHeight < NEAR) this.#stuck = true;
    else if (scrollTop < this.#top) this.#stuck = false;
    this.#top = scrollTop;
    this.button.hidden = this.#stuck;
  }
}
