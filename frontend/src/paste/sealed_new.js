// The page that makes a sealed paste: everything is encrypted here, and the key goes nowhere but into the link.

import { copyFrom } from "../chat/copy.js";
import { gettext, interpolate, number } from "../i18n.js";
import { ask, painted, whyNot } from "./sealed_api.js";
import { fromBase64, toBase58, toBase64 } from "./sealed_base.js";
import { cleanName, writeBody } from "./sealed_body.js";
import { guardOf, newCipher, newKey, seal } from "./sealed_crypto.js";
import { plan, sendParts } from "./sealed_parts.js";

const form = document.getElementById("sealed-form");
const status = document.getElementById("sealed-status");
const field = (name) => form.elements.namedItem(name);

function say(words, bad = false) {
  status.textContent = words;
  status.classList.toggle("bad", bad);
}

/** What was chosen, as `{formatter, burn, views, discussion, ...}`. */
function wishes() {
  const views = field("views").value === "some" ? field("count").valueAsNumber : field("views").value === "once" ? 1 : null;
  return {
    formatter: field("formatter").value,
    expire: field("expire").value,
    password: field("password").value,
    burn: views === 1,
    views: views > 1 ? views : null,
    limited: views !== null,
    discussion: views !== 1 && field("discussion").checked,
    recipient: field("recipient").checked,
    classic: views === null || field("classic").checked,
  };
}

const SMALL = 1_000_000;

/** `{inside, beside}`: small files stand in the sealed text, where PrivateBin's clients look for them; large ones lie beside it in parts. */
function sorted(files) {
  const most = Number(form.dataset.filesMost);
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (size <= SMALL || !most) return { inside: files, beside: [] };
  if (size > most) {
    const words = gettext("These files have %(size)s bytes together, and this site takes %(most)s.");
    throw new Error(interpolate(words, { size: number(size), most: number(most) }));
  }
  return { inside: [], beside: files };
}

const read = (files) =>
  Promise.all(
    files.map(async (file) => ({ name: cleanName(file.name), type: file.type, data: toBase64(new Uint8Array(await file.arrayBuffer())) })),
  );

async function make() {
  const wish = wishes();
  const text = field("text").value;
  const files = [...field("files").files];
  if (!text && !files.length) throw new Error(gettext("There is nothing in this paste yet. Write something, or choose a file."));
  if (wish.limited && !wish.burn && !(wish.views >= 2 && wish.views <= 1000)) throw new Error(gettext("Choose 2 to 1,000 readings."));
  say(gettext("Encrypting on this device…"));
  await painted();
  const key = newKey();
  const adata = [newCipher(), wish.formatter, Number(wish.discussion), Number(wish.burn)];
  const { inside, beside } = sorted(files);
  const partBytes = Number(form.dataset.partBytes);
  const entries = plan(beside, partBytes);
  const { ct, proof } = await seal(writeBody(text, await read(inside), entries), adata, key, wish.password);
  const largest = Number(form.dataset.largest);
  if (ct.length > largest) {
    const words = gettext("Encrypted this has %(size)s characters, and this site takes %(most)s. Take something out.");
    throw new Error(interpolate(words, { size: number(ct.length), most: number(largest) }));
  }
  say(gettext("Sending…"));
  const site = { guard: await guardOf(proof), classic: wish.classic, recipient: wish.recipient, password: Boolean(wish.password) };
  if (wish.views) site.views = wish.views;
  if (entries.length) site.parts = entries.reduce((sum, { parts }) => sum + parts, 0);
  const made = await ask(form.action, { body: { v: 2, adata, ct, meta: { expire: wish.expire }, site } });
  if (entries.length) {
    const keys = entries.map((entry) => fromBase64(entry.key));
    await sendParts(form.dataset.part, made, beside, entries, keys, partBytes, say);
    await ask(form.dataset.ready, { body: { pasteid: made.id, deletetoken: made.deletetoken } });
  }
  show(made, key, wish);
}

function show(made, key, wish) {
  const base = form.action.split("?")[0];
  // `-` asks PrivateBin's pages, too, not to fetch it before somebody says so; its command line knows no such sign.
  const mark = wish.limited && !wish.classic ? "-" : "";
  document.getElementById("sealed-link").value = `${base}?${made.id}#${mark}${toBase58(key)}`;
  document.getElementById("sealed-delete-link").value = `${base}?pasteid=${made.id}&deletetoken=${made.deletetoken}`;
  document.getElementById("sealed-read").href = document.getElementById("sealed-link").value;
  document.getElementById("sealed-read").hidden = wish.limited;
  form.hidden = true;
  const panel = document.getElementById("sealed-made");
  panel.hidden = false;
  panel.querySelector("h2").focus();
  say("");
}

function fitViews() {
  const views = field("views").value;
  document.getElementById("sealed-count").hidden = views !== "some";
  document.getElementById("sealed-classic").hidden = views === "any";
  field("discussion").disabled = views === "once";
}

if (form) {
  const problem = whyNot();
  if (problem) {
    say(problem, true);
    form.querySelector("button").disabled = true;
  } else {
    for (const quiet of form.querySelectorAll("fieldset[disabled]")) quiet.disabled = false;
  }
  field("views").addEventListener("change", fitViews);
  fitViews();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      await make();
    } catch (error) {
      say(error.message, true);
    }
    button.disabled = false;
  });
  for (const button of document.querySelectorAll("[data-copy]")) {
    const shown = document.getElementById(button.dataset.copy);
    button.addEventListener("click", () => copyFrom(button, shown.value));
    shown.addEventListener("focus", () => shown.select());
  }
}
