// Questions in the theme's own dialog; keyboard, focus and Escape are the browser's.

export function confirmed(dialog, text) {
  dialog.querySelector("[data-part=text]").textContent = text;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
