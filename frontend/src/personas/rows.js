// A list of fields of one name: added, removed, moved up and down.

export class Rows {
  constructor(list, adder, template) {
    Object.assign(this, { list, adder, template });
    adder.hidden = false;
    adder.addEventListener("click", () => this.#add());
    list.addEventListener("click", ({ target }) => {
      const button = target.closest("button[data-move]");
      if (button) this.#move(button.closest("li"), button.dataset.move);
    });
    for (const row of list.children) show(row);
  }

  #add() {
    const row = this.template.content.firstElementChild.cloneNode(true);
    show(row);
    this.list.append(row);
    row.querySelector("textarea").focus();
    this.#told();
  }

  #move(row, way) {
    const beside = way === "up" ? row.previousElementSibling : row.nextElementSibling;
    if (way === "away") {
      (row.nextElementSibling ?? row.previousElementSibling)?.querySelector("textarea").focus();
      row.remove();
      if (!this.list.children.length) this.adder.focus();
    } else if (beside) {
      if (way === "up") beside.before(row);
      else beside.after(row);
      row.querySelector(`[data-move=${way}]`).focus();
    }
    this.#told();
  }

  #told() {
    this.list.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function show(row) {
  for (const button of row.querySelectorAll("button[hidden]")) button.hidden = false;
}
