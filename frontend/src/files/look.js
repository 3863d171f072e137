// How a version is looked at: HTML that the site has made safe, a frame without an origin, or a text.

import { dressCode } from "../chat/code.js";
import { get } from "../chat/api.js";
import { dressMath } from "../chat/math.js";
import { gettext, interpolate } from "../i18n.js";

/** Shows it in `view`, unless something else is `current` by then. Returns what is to be said about it. */
export async function draw(view, { file, number, way, url, before, current }) {
  if (file.view === "frame" && (way === "" || way === "run")) {
    view.replaceChildren(frame(file, `${url}frame/${way ? "?run" : ""}`, Boolean(way)));
    return way ? gettext("Its scripts run.") : gettext("Shown without scripts and without what lies elsewhere.");
  }
  const query = way === "changes" ? `?as=changes&from=${before}` : way === "source" ? "?as=source" : "";
  const shown = await get(`${url}${query}`);
  if (!current()) return "";
  const body = Object.assign(document.createElement("div"), { className: "prose", innerHTML: shown.html });
  view.replaceChildren(body);
  view.scrollTop = 0;
  if (shown.view === "diagram" || shown.view === "markdown") {
    dressCode(body);
    dressMath(body);
  } else for (const pre of body.querySelectorAll("pre")) pre.tabIndex = 0;
  const words = way === "changes" ? interpolate(gettext("What changed from version %s to %s."), before < number ? [before, number] : [before, number]) : "";
  return [words, shown.note].filter(Boolean).join(" ");
}

/** What is on this page only, or is being written: its text as it is. Who reads at its end stays there. */
export function drawLocal(view, file) {
  let pre = view.querySelector(":scope > pre.live");
  if (!pre || pre.dataset.file !== file.id) {
    pre = Object.assign(document.createElement("pre"), { className: "live" });
    pre.dataset.file = file.id;
    view.replaceChildren(pre);
  }
  const atEnd = view.scrollHeight - view.scrollTop - view.clientHeight < 40;
  const text = file.text();
  const before = pre.textContent;
  if (text.startsWith(before)) pre.append(text.slice(before.length));
  else pre.textContent = text;
  if (file.live && atEnd) view.scrollTop = view.scrollHeight;
}

// What is in it has no origin, so that it reaches neither cookies nor this page; see chat/artifacts/framing.py for the rest.
function frame(file, src, runs) {
  const made = document.createElement("iframe");
  made.setAttribute("sandbox", runs ? "allow-scripts" : "");
  made.setAttribute("referrerpolicy", "no-referrer");
  made.dataset.testid = "file-frame";
  Object.assign(made, { title: interpolate(gettext("Preview of %s"), [file.name]), src });
  return made;
}
