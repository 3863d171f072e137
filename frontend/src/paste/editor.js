// The page on which a paste is made: an editor for each file, files that are dropped, and sending.
import { gettext, interpolate } from "../i18n.js";
import { edit } from "./codemirror.js";

const form = document.getElementById("paste-form");
const files = document.getElementById("paste-files");
const template = document.getElementById("paste-file");
const most = Number(form.dataset.mostFiles);
const largest = Number(form.dataset.largest);
const editors = new WeakMap();
let next = files.querySelectorAll("[data-file]").length;

function dress(field) {
  const area = field.querySelector("[data-text]");
  const format = field.querySelector("[data-format]");
  const name = field.querySelector("[data-name]");
  const remove = field.querySelector("[data-remove]");
  remove.hidden = false;
  remove.addEventListener("click", () => {
    field.remove();
    if (!files.querySelector("[data-file]")) add();
    files.querySelector("[data-name]").focus();
  });
  if (!area) return;
  const editor = edit(area, form.dataset.nonce, gettext("Text"));
  const speak = () => editor.language(format.value, name.value);
  format.addEventListener("change", speak);
  name.addEventListener("change", speak);
  speak();
  editors.set(field, editor);
}

function add(name = "", text = "") {
  if (files.querySelectorAll("[data-file]").length >= most) {
    say(interpolate(gettext("A paste has at most %s files."), [most]));
    return null;
  }
  const holder = document.createElement("template");
  holder.innerHTML = template.innerHTML.replaceAll("NUMBER", String(next));
  next += 1;
  const field = holder.content.firstElementChild;
  files.append(field);
  field.querySelector("[data-name]").value = name;
  dress(field);
  if (text) editors.get(field).write(text);
  field.querySelector("[data-name]").focus();
  return field;
}

function isEmpty(field) {
  return editors.has(field) && !editors.get(field).text().trim() && !field.querySelector("[data-name]").value;
}

// Texts are put into the editor, all else beside it.
async function dropped(list) {
  for (const file of list) {
    const text = file.size <= 1_000_000 ? await readText(file) : null;
    if (text === null) {
      beside(file);
      continue;
    }
    const empty = [...files.querySelectorAll("[data-file]")].find(isEmpty);
    if (!empty) add(file.name, text);
    else {
      empty.querySelector("[data-name]").value = file.name;
      editors.get(empty).write(text);
      editors.get(empty).language("", file.name);
    }
  }
}

async function readText(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function beside(file) {
  const chooser = form.querySelector("input[type=file]");
  const together = new DataTransfer();
  for (const one of [...chooser.files, file]) together.items.add(one);
  chooser.files = together.files;
  say(interpolate(gettext("%s goes along as a file."), [file.name]));
}

function dropping() {
  const over = (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    files.classList.add("dropping");
  };
  files.addEventListener("dragover", over, true);
  files.addEventListener("dragleave", () => files.classList.remove("dropping"));
  files.addEventListener(
    "drop",
    (event) => {
      files.classList.remove("dropping");
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      event.stopPropagation();
      dropped([...event.dataTransfer.files]);
    },
    true,
  );
}

// As files and not as fields: a field's text is bounded far below what a paste may have, and its ends of lines are changed.
function body() {
  const data = new FormData(form);
  let size = 0;
  for (const field of files.querySelectorAll("[data-file]")) {
    const area = field.querySelector("[data-text]");
    if (!area) continue;
    const blob = new Blob([editors.get(field).text()], { type: "text/plain" });
    size += blob.size;
    data.set(area.name, blob, "text");
  }
  for (const file of form.querySelector("input[type=file]").files) size += file.size;
  return { data, size };
}

async function send(event) {
  event.preventDefault();
  const { data, size } = body();
  if (size > largest) {
    refuse(interpolate(gettext("This has %(size)s MB, and a paste may have at most %(most)s MB."), { size: (size / 1e6).toFixed(1), most: (largest / 1e6).toFixed(1) }));
    return;
  }
  const button = form.querySelector("[data-testid=save]");
  button.disabled = true;
  say(gettext("Sending…"));
  try {
    const answer = await fetch(form.getAttribute("action") || location.href, { method: "POST", body: data, headers: { Accept: "text/html" } });
    if (answer.redirected && answer.ok) {
      left = true;
      location.assign(answer.url);
      return;
    }
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    refuse(gettext("The site could not be reached. What you wrote is still here: try again."));
  }
  say("");
  button.disabled = false;
}

// The page that came back says why; what was written stays here.
function show(page) {
  const said = page.getElementById("paste-refused");
  const terms = page.querySelector(".paste-terms");
  if (!said || !terms) {
    refuse(page.querySelector(".lead")?.textContent.trim() || gettext("The site refused this."));
    return;
  }
  document.getElementById("paste-refused").replaceChildren(...said.childNodes);
  for (const field of form.querySelectorAll(".paste-terms [name]")) keep(field, terms);
  form.querySelector(".paste-terms").replaceChildren(...terms.childNodes);
  document.querySelector("#paste-refused, .form-errors").scrollIntoView({ block: "center" });
}

function keep(field, terms) {
  const same = terms.querySelector(`[name="${CSS.escape(field.name)}"]`);
  if (!same || same.type === "hidden") return;
  if (same.type === "checkbox") same.checked = field.checked;
  else same.value = field.value;
}

function refuse(words) {
  const line = Object.assign(document.createElement("p"), { className: "notice error", textContent: words });
  document.getElementById("paste-refused").replaceChildren(line);
  line.scrollIntoView({ block: "center" });
}

function say(words) {
  form.querySelector("[data-progress]").textContent = words;
}

let left = false;
addEventListener("beforeunload", (event) => {
  const written = [...files.querySelectorAll("[data-file]")].some((field) => editors.get(field)?.changed());
  if (written && !left) event.preventDefault();
});

for (const field of files.querySelectorAll("[data-file]")) dress(field);
const another = form.querySelector("[data-add-file]");
another.hidden = false;
another.addEventListener("click", () => add());
form.addEventListener("submit", send);
dropping();
