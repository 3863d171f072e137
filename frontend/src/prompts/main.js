// Pages of the prompt library: trying a prompt, and the editor with a preview of what people will be asked.

import { copyFrom } from "../chat/copy.js";
import { askVariables } from "../chat/prompt_form.js";
import { Editor } from "./editor.js";

const tryIt = document.getElementById("try");
if (tryIt) {
  const item = JSON.parse(document.getElementById("item").textContent);
  const box = document.getElementById("tried");
  const shown = box.querySelector("[data-part=text]");
  tryIt.hidden = false;
  tryIt.addEventListener("click", async () => {
    let text;
    try {
      text = await askVariables(item);
    } catch ({ message }) {
      text = message;
    }
    if (text === null) return;
    shown.textContent = text;
    box.hidden = false;
    box.scrollIntoView({ block: "nearest" });
  });
  const copy = document.getElementById("tried-copy");
  copy.addEventListener("click", () => copyFrom(copy, shown.textContent));
}

const editor = document.getElementById("prompt-editor");
if (editor) new Editor(editor);
