// One line at the foot of the page about something just done, with the way back.

const LONG_ENOUGH = 30_000;

export class Toast {
  #timer = 0;
  #undo = null;

  constructor(box) {
    this.box = box;
    this.text = box.querySelector("[data-part=text]");
    this.button = box.querySelector("[data-part=undo]");
    this.button.addEventListener("click", () => {
      const undo = this.#undo;
      this.hide();
      undo?.();
    });
    box.querySelector("[data-part=close]").addEventListener("click", () => this.hide());
    // Who is about to press the button is not hurried.
    box.addEventListener("focusin", () => clearTimeout(this.#timer));
  }

  show(text, undo = null) {
    this.text.textContent = text;
    this.#undo = undo;
    this.button.hidden = !undo;
    this.box.hidden = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.hide(), LONG_ENOUGH);
  }

  hide() {
    clearTimeout(this.#timer);
    this.#undo = null;
    this.box.hidden = true;
  }
}
