// Keeps the end of the conversation in sight while, and only while, the reader is there.

const NEAR = 48;

export class Scroller {
  #stuck = true;

  constructor(box, list, button) {
    this.box = box;
    box.addEventListener(
      "scroll",
      () => {
        this.#stuck = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
        button.hidden = this.#stuck;
      },
      { passive: true },
    );
    list.addEventListener("grown", () => this.follow());
    new ResizeObserver(() => this.follow()).observe(box);
    button.addEventListener("click", () => this.toEnd());
    this.toEnd();
    // Messages out of sight are not laid out yet; their heights settle as they come into view.
    requestAnimationFrame(() => this.toEnd());
  }

  follow() {
    if (this.#stuck) this.box.scrollTop = this.box.scrollHeight;
  }

  toEnd() {
    this.#stuck = true;
    this.follow();
  }
}
