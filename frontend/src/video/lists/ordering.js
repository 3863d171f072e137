// Rows dragged into another order by their handles: with a pointer of any kind, or with the arrow keys. What the site refuses goes back.

export class Ordering {
  #list;
  #moved;
  #failed;
  #queue = Promise.resolve();

  /** `moved(item, to)` tells the site, and fails with words for `failed`. */
  constructor(list, moved, failed) {
    this.#list = list;
    this.#moved = moved;
    this.#failed = failed;
    for (const handle of list.querySelectorAll("[data-handle]")) {
      handle.hidden = false;
      handle.addEventListener("pointerdown", (event) => this.#drag(event, handle));
      handle.addEventListener("keydown", (event) => this.#key(event, handle));
    }
    for (const form of list.querySelectorAll("[data-plain]")) form.hidden = true;
  }

  #rows() {
    return [...this.#list.children];
  }

  #key(event, handle) {
    const step = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity }[event.key];
    if (!step) return;
    event.preventDefault();
    const row = handle.closest("li");
    const before = this.#rows();
    const to = Math.max(0, Math.min(before.length - 1, before.indexOf(row) + step));
    if (to === before.indexOf(row)) return;
    this.#put(row, to);
    handle.focus();
    this.#tell(row, to, before);
  }

  #drag(event, handle) {
    if (event.button > 0) return;
    event.preventDefault();
    handle.focus();
    const row = handle.closest("li");
    const before = this.#rows();
    const { pointerId } = event;
    handle.setPointerCapture(pointerId);
    row.classList.add("dragged");
    const over = (move) => {
      const rows = this.#rows().filter((one) => one !== row);
      const to = rows.filter((one) => move.clientY > one.getBoundingClientRect().top + one.offsetHeight / 2).length;
      if (to !== this.#rows().indexOf(row)) this.#put(row, to);
    };
    const done = (end) => {
      handle.removeEventListener("pointermove", over);
      for (const name of ["pointerup", "pointercancel"]) handle.removeEventListener(name, done);
      row.classList.remove("dragged");
      const to = this.#rows().indexOf(row);
      if (end.type === "pointercancel") this.#restore(before);
      else if (to !== before.indexOf(row)) this.#tell(row, to, before);
    };
    handle.addEventListener("pointermove", over);
    for (const name of ["pointerup", "pointercancel"]) handle.addEventListener(name, done);
  }

  #put(row, to) {
    const others = this.#rows().filter((one) => one !== row);
    // The row itself stays where it is while others pass it: moved, it would lose the pointer that holds it.
    const [above, below] = [others.slice(0, to), others.slice(to)];
    row.before(...above);
    row.after(...below);
    this.#number();
  }

  #restore(rows) {
    this.#list.append(...rows);
    this.#number();
  }

  #number() {
    this.#rows().forEach((row, at) => (row.querySelector("[data-number]").textContent = at + 1));
  }

  /** One after the other, or the places that are told would be of another order. */
  #tell(row, to, before) {
    this.#queue = this.#queue.then(async () => {
      try {
        await this.#moved(row.dataset.item, to);
      } catch (error) {
        this.#restore(before);
        this.#failed(error.message);
      }
    });
  }
}
