// Pages of videos: times that lead to a moment, what is shared, filters that apply at once, several rows chosen.
import { copyFrom } from "../chat/copy.js";
import { gettext, interpolate, ngettext } from "../i18n.js";
import { shortenInto } from "../links/shorten.js";
import { waitForFile } from "./download.js";
import { editVideo } from "./edit_form.js";

const screen = () => document.querySelector("[data-player]");

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-seek]");
  const player = screen()?.player;
  if (!link || !player || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  // By the player, which knows of streams that are not loaded yet, and of videos of which a part is still being made.
  player.seek(Number(link.dataset.seek));
  player.play();
  player.root.scrollIntoView({ block: "nearest" });
});

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", () => copyFrom(button, field.value));
  field.addEventListener("focus", () => field.select());
}
for (const button of document.querySelectorAll("[data-shorten]")) shortenInto(button, document.getElementById(button.dataset.shorten));

for (const form of document.querySelectorAll("[data-filters]")) {
  for (const select of form.querySelectorAll("select")) select.addEventListener("change", () => form.requestSubmit());
}

shareAt(document.querySelector("[data-at]"));
chooseSeveral(document.querySelector("[data-bulk]"));
editVideo(document.querySelector("[data-video-form]"));
waitForFile(document.querySelector("[data-download]"));

/** The address with the moment at which one is, once there is one. */
function shareAt(line) {
  if (!line) return;
  const box = line.querySelector("input");
  const field = document.getElementById("share-address");
  const plain = field.value;
  const menu = line.closest("details");
  const apply = () => {
    const at = Math.floor(screen()?.player?.position ?? 0);
    line.querySelector("[data-at-clock]").textContent = clock(at);
    line.hidden = !at;
    field.value = box.checked && at ? `${plain}?t=${at}` : plain;
  };
  menu.addEventListener("toggle", apply);
  box.addEventListener("change", apply);
}

function clock(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function chooseSeveral(form) {
  const all = form?.querySelector("[data-all]");
  if (!all) return;
  const boxes = [...form.querySelectorAll('input[name="videos"]')];
  const panel = form.querySelector(".bulk");
  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    form.querySelector("[data-count]").textContent = chosen
      ? interpolate(ngettext("%s video chosen", "%s videos chosen", chosen), [chosen])
      : gettext("None chosen");
    if (chosen) panel.open = true;
  };
  form.querySelector("[data-all-line]").hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    count();
  });
  for (const box of boxes) box.addEventListener("change", count);
  count();
}
