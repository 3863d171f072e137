// Uploads from a page that has `[data-upload]`: the library, and pages on which others may upload.

import { dropping } from "../../chat/dropping.js";
import { Fetching } from "./fetching.js";
import { Uploads } from "./page.js";
import { dropped, pasted, picked, pickedToKeep } from "./sources.js";

const root = document.querySelector("[data-upload]");
if (root) begin(root);

function begin(place) {
  const part = (name) => place.querySelector(`[data-part="${name}"]`);
  const status = part("status");
  // The same words twice are said twice.
  const say = (words) => (status.textContent = status.textContent === words ? `${words}\u00a0` : words);
  const uploads = new Uploads(place, say);
  uploads.start();

  const files = part("file-input");
  const folder = part("folder-input");
  const camera = part("camera-input");
  for (const input of [files, folder, camera]) input?.addEventListener("change", () => uploads.take(picked(input)));
  part("choose-files").addEventListener("click", async () => {
    const found = await pickedToKeep();
    if (found) uploads.take(found);
    else files.click();
  });
  const chooseFolder = part("choose-folder");
  // Phones have no folders to choose.
  if (chooseFolder) {
    chooseFolder.hidden = !("webkitdirectory" in folder) || matchMedia("(pointer: coarse)").matches;
    chooseFolder.addEventListener("click", () => folder.click());
  }
  const takePhoto = part("take-photo");
  if (takePhoto) {
    takePhoto.hidden = !matchMedia("(pointer: coarse)").matches;
    takePhoto.addEventListener("click", () => camera.click());
  }
  part("renew").addEventListener("click", () => location.reload());
  if (part("fetch")) {
    const { urlFetches, urlCancelFetch, folder: here = "" } = place.dataset;
    new Fetching({ root: place, url: urlFetches, cancelUrl: urlCancelFetch, folder: here, say, stored: () => uploads.announceStored(1) }).start();
  }

  dropping(document.getElementById("main"), async (_files, transfer) => uploads.take(await dropped(transfer)));
  document.addEventListener("paste", (event) => {
    // Where somebody writes, pasting is writing.
    if (event.target.closest?.("input, textarea, [contenteditable]")) return;
    const found = pasted(event);
    if (!found.length) return;
    event.preventDefault();
    uploads.take(found);
  });
}
