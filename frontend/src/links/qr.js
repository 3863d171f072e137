// The QR code as it will be saved, drawn anew by the site when something is chosen.
export class QrPreview {
  constructor(box) {
    this.box = box;
    this.image = box.querySelector("[data-qr-image]");
    this.options = box.querySelector("[data-qr-options]");
    this.options.addEventListener("input", () => this.#later());
  }

  show(slug, domain) {
    this.options.elements.slug.value = slug;
    this.options.elements.domain.value = domain;
    this.box.hidden = false;
    this.#draw();
  }

  #later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#draw(), 250);
  }

  #draw() {
    if (!this.options.elements.slug.value || !this.options.checkValidity()) return;
    const query = new URLSearchParams(new FormData(this.options));
    query.delete("save");
    this.image.src = `${this.box.dataset.qrSvg}?${query}`;
  }
}
