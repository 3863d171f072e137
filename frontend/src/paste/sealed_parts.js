// Large files beside a sealed paste: cut into parts, each sealed by itself with a key of the file's own, so that no more than one part is
// in the page's memory. What belongs together, and the keys, stand in the sealed text.

import { gettext, interpolate, number } from "../i18n.js";
import { ask, Refused } from "./sealed_api.js";
import { cleanName } from "./sealed_body.js";
import { toBase64 } from "./sealed_base.js";

const KEY_BYTES = 32;
const encoder = new TextEncoder();

const keyOf = (bytes, use) => crypto.subtle.importKey("raw", bytes, "AES-GCM", false, [use]);

/** The key is the file's alone, and each part has its own number: no pair of key and vector comes twice. The count is authenticated, so that
 *  no part can be left out at the end. */
function how(index, count) {
  const iv = new Uint8Array(12);
  new DataView(iv.buffer).setUint32(8, index);
  return { name: "AES-GCM", iv, additionalData: encoder.encode(`meatlizard part ${index}/${count}`) };
}

/** What the sealed text says of `files`: where the parts of each begin (from 1), how many there are, and the key. */
export function plan(files, partBytes) {
  let first = 1;
  return files.map((file) => {
    const parts = Math.max(1, Math.ceil(file.size / partBytes));
    const entry = { name: cleanName(file.name), size: file.size, first, parts, key: toBase64(crypto.getRandomValues(new Uint8Array(KEY_BYTES))) };
    first += parts;
    return entry;
  });
}

export async function sealPart(bytes, rawKey, index, count) {
  return new Uint8Array(await crypto.subtle.encrypt(how(index, count), await keyOf(rawKey, "encrypt"), bytes));
}

/** Throws where the part is not the one of this place, or was changed. */
export async function openPart(bytes, rawKey, index, count) {
  return crypto.subtle.decrypt(how(index, count), await keyOf(rawKey, "decrypt"), bytes);
}

/** Sends the parts of one file after the other. `said` hears how far it is. */
export async function sendParts(url, { id, deletetoken }, files, entries, keys, partBytes, said) {
  const total = entries.reduce((sum, { parts }) => sum + parts, 0);
  for (const [at, { first, parts }] of entries.entries()) {
    for (let index = 0; index < parts; index += 1) {
      const piece = files[at].slice(index * partBytes, (index + 1) * partBytes);
      const sealed = await sealPart(await piece.arrayBuffer(), keys[at], index, parts);
      said(interpolate(gettext("Sending part %(part)s of %(all)s…"), { part: number(first + index), all: number(total) }));
      await ask(`${url}?id=${id}&n=${first + index}`, { body: sealed, method: "PUT", token: deletetoken });
    }
  }
}

/** The file, as a Blob whose pieces the browser may keep on its disk. */
export async function fetchFile(url, id, claim, entry, said) {
  const pieces = [];
  for (let index = 0; index < entry.parts; index += 1) {
    said(interpolate(gettext("Fetching part %(part)s of %(all)s…"), { part: number(index + 1), all: number(entry.parts) }));
    const response = await fetch(`${url}?id=${id}&n=${entry.first + index}`, { headers: claim ? { "X-Claim": claim } : {} }).catch(() => null);
    if (!response?.ok) throw new Refused(gettext("A part of this file could not be fetched. Try again."), "part");
    const opened = await openPart(await response.arrayBuffer(), entry.key, index, entry.parts).catch(() => null);
    if (!opened) throw new Refused(gettext("A part of this file was changed on its way. It is not opened."), "part");
    // Bytes, whatever the file calls itself: nothing of it is ever opened on this site's origin.
    pieces.push(new Blob([opened], { type: "application/octet-stream" }));
  }
  const file = new Blob(pieces, { type: "application/octet-stream" });
  if (file.size !== entry.size) throw new Refused(gettext("A part of this file was changed on its way. It is not opened."), "part");
  return file;
}
