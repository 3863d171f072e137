// The library: what the page does by forms, without leaving the page.

import { Keys } from "../../chat/keys.js";
import { Toast } from "../../chat/toast.js";
import { gettext } from "../../i18n.js";
import { getPage, sendForm } from "./asking.js";
import { dragRows, makeDraggable } from "./dragging.js";
import { endless } from "./endless.js";
import { Picker } from "./picking.js";
import { askName } from "./renaming.js";
import { focusOn, Selection } from "./selection.js";
import { meant, SHORTCUTS } from "./shortcuts.js";

const page = document.getElementById("library");
const urls = page.dataset;
const trashed = urls.which === "trash";
const selection = new Selection(page);
const toast = new Toast(document.getElementById("toast"));
const picker = new Picker(document.getElementById("pick"), { done: told, failed });
let undo = "";

function failed(error) {
  undo = "";
  toast.show(error.message);
}

/** After the site has done something: says it, offers the way back, and shows the list as it is now. */
async function told(answer) {
  undo = answer.undo;
  toast.show(answer.message, undo ? takeBack : null);
  await refresh();
}

async function act(url, fields) {
  try {
    await told(await sendForm(url, fields));
  } catch (error) {
    failed(error);
  }
}

function takeBack() {
  if (!undo) return;
  const token = undo;
  undo = "";
  toast.hide();
  act(urls.urlUndo, [["undo", token]]);
}

const moveTo = (items, target) => act(urls.urlMove, [["items", items], ["target", target]]);

function ready() {
  if (!trashed) makeDraggable(selection);
  selection.shown();
  endless(page, () => ready());
}

/** Shows the list anew, as many pages of it as are shown now, with the focus where it was. */
async function refresh() {
  const here = selection.here;
  const at = selection.rows.indexOf(here);
  const item = here?.dataset.item;
  const wanted = selection.rows.length;
  const address = new URL(location.href);
  address.searchParams.delete("undo");
  try {
    const fresh = await getPage(address);
    for (const part of ["#entries-form", ".library-side"]) page.querySelector(part).replaceWith(fresh.querySelector(part));
    const more = fresh.querySelector("[data-next]");
    ready();
    if (more && wanted > selection.rows.length) more.scrollIntoView({ block: "end" });
  } catch (error) {
    failed(error);
    return;
  }
  if (!here) return;
  const rows = selection.rows;
  const next = rows.find((row) => row.dataset.item === item) ?? rows[Math.min(at, rows.length - 1)];
  if (next && (document.activeElement === document.body || document.activeElement === null)) focusOn(next);
}

async function rename() {
  const [row] = selection.takeHere();
  if (!row || selection.chosen.length > 1 || trashed) return false;
  const name = await askName(row);
  focusOn(row);
  if (name) await act(urls.urlRename, [["items", row.dataset.item], ["name", name]]);
  return true;
}

function withItems(then) {
  return () => {
    const items = selection.takeHere().map((row) => row.dataset.item);
    if (!items.length || trashed) return false;
    then(items);
    return true;
  };
}

const ACTS = {
  move: withItems((items) => picker.open(urls.urlMove, items)),
  copy: withItems((items) => picker.open(urls.urlCopy, items)),
  trash: withItems((items) => act(urls.urlTrash, [["items", items.join(",")]])),
  star: withItems((items) => {
    const all = selection.chosen.every((row) => row.classList.contains("starred"));
    act(urls.urlStar + (all ? "?off" : ""), [["items", items.join(",")]]);
  }),
  rename,
};

page.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!event.target.matches("#entries-form") || !button) return;
  if (button.dataset.confirm && !confirm(button.dataset.confirm)) {
    event.preventDefault();
    return;
  }
  const single = button.name === "only";
  const kind = button.dataset.act;
  if (!kind) return;
  event.preventDefault();
  if (kind === "rename" && selection.chosen.length > 1) failed(new Error(gettext("Select the one thing that you want to rename.")));
  else if (!single && ACTS[kind]) ACTS[kind]();
  else act(button.getAttribute("formaction"), [["items", single ? button.value : selection.items.join(",")]]);
});

page.querySelector("[data-new-folder]")?.addEventListener("toggle", (event) => {
  if (event.target.open) event.target.querySelector("[name=name]").focus();
});

dragRows(page, selection, moveTo);
ready();
document.addEventListener("files:stored", (event) => {
  event.preventDefault(); // the new files need no button to be shown
  refresh();
});

const grid = () => page.querySelector("[data-entries]")?.classList.contains("grid");
const step = (count, extend) => () => selection.go(count * (grid() ? selection.columns() : 1), extend);
const sideways = (count) => () => (grid() ? selection.go(count) : false);
const follow = (selector) => () => {
  const link = page.querySelector(selector);
  if (!link) return false;
  link.click();
  return true;
};
const opener = document.getElementById("shortcuts-open");
opener.hidden = false;
new Keys({
  dialog: document.getElementById("shortcuts"),
  opener,
  shortcuts: SHORTCUTS,
  find: meant,
  storage: localStorage,
  actions: {
    find: () => page.querySelector("#files-q")?.focus(),
    next: step(1),
    previous: step(-1),
    right: sideways(1),
    left: sideways(-1),
    extendDown: step(1, true),
    extendUp: step(-1, true),
    toggle: () => {
      // On a button or a tick the key is theirs.
      if (!selection.here || document.activeElement.matches("button, input, summary")) return false;
      selection.toggle(selection.here);
      return true;
    },
    all: () => selection.all(true),
    none: () => selection.all(false),
    up: () => {
      if (!urls.urlUp) return false;
      location.assign(urls.urlUp);
      return true;
    },
    create: () => {
      const menu = page.querySelector("[data-new-folder]");
      if (!menu) return false;
      menu.open = true;
      // At once: what is typed next is its name.
      menu.querySelector("[name=name]").focus();
      return true;
    },
    rename: () => (selection.takeHere().length === 1 ? (rename(), true) : false),
    move: ACTS.move,
    copy: ACTS.copy,
    star: ACTS.star,
    trash: ACTS.trash,
    undo: () => (undo ? takeBack() : false),
    view: follow(".view-choice a:not([aria-current])"),
  },
});
page.dataset.ready = "";
