// How files come in: dropped anywhere on the thread, pasted into the text, picked by a button, or as an address.

const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");

/** `take(files, transfer)` gets them, and what tells of folders; `zone` shows while they hang over it. */
export function dropping(zone, take) {
  let depth = 0;
  const over = (change) => {
    depth = Math.max(0, depth + change);
    zone.classList.toggle("dropping", depth > 0);
  };
  zone.addEventListener("dragenter", (event) => hasFiles(event) && over(1));
  zone.addEventListener("dragleave", (event) => hasFiles(event) && over(-1));
  zone.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
  zone.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    zone.classList.remove("dropping");
    take([...event.dataTransfer.files], event.dataTransfer);
  });
}

export function pasting(field, take) {
  field.addEventListener("paste", (event) => {
    const { files, types } = event.clipboardData ?? { files: [], types: [] };
    // A table copied from an office program comes as text and as a picture of itself: the text is meant.
    if (!files.length || types.includes("text/plain")) return;
    event.preventDefault();
    take([...files]);
  });
}

export function picking(button, input, take) {
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    take([...input.files]);
    input.value = "";
  });
}

/** A dialog that asks for an address; `take(url)` gets it. */
export function linking(button, dialog, take) {
  const form = dialog.querySelector("form");
  button.addEventListener("click", () => {
    form.reset();
    dialog.showModal();
  });
  dialog.querySelector("[data-part=cancel]").addEventListener("click", () => dialog.close());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    dialog.close();
    take(form.elements.url.value.trim());
  });
}
