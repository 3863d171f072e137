// What is inside a sealed paste, written and read with care: whoever made it may have been anybody. Pure.

import { fromBase64 } from "./sealed_base.js";

const MOST_FILES = 100;
const MOST_NAME = 200;
const MOST_PARTS = 4096;
const DATA = /^data:([a-z0-9.+-]+\/[a-z0-9.+-]+)?(?:;[a-z0-9=._-]+)*;base64,/i;
/** Images that a browser draws without running or fetching anything. */
const DRAWN = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

const isText = (value) => typeof value === "string";

/** Without folders, control characters, and the marks that write from right to left, behind which an ending hides. */
export function cleanName(name) {
  const last = String(name).split(/[\\/]/).pop();
  return last.replace(/[\u0000-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "").slice(0, MOST_NAME).trim() || "file";
}

/** `{text, files}` of what was unsealed; a file has `name`, `type` and `data` (base64). Throws TypeError for anything else.
 *  Lists of files are PrivateBin's since 1.7.7, one alone was before and is PBinCLI's. */
export function readBody(plain) {
  if (!plain || !isText(plain.paste)) throw new TypeError("paste");
  const contents = listed(plain.attachment);
  const names = listed(plain.attachment_name);
  if (contents.length > MOST_FILES || ![...contents, ...names].every(isText)) throw new TypeError("attachment");
  const files = contents.map((address, at) => readFile(address, names[at] ?? "file"));
  return { text: plain.paste, files, parts: readParts(plain.meatlizard_files) };
}

const listed = (value) => (value === undefined || value === null || value === "" ? [] : Array.isArray(value) ? value : [value]);

function readFile(address, name) {
  const found = DATA.exec(address);
  if (!found) throw new TypeError("attachment");
  return { name: cleanName(name), type: (found[1] ?? "").toLowerCase(), data: address.slice(found[0].length) };
}

/** Files that lie beside the paste in sealed parts, see sealed_parts.js. */
function readParts(value) {
  const files = listed(value);
  const isCount = (count) => Number.isSafeInteger(count) && count >= 1 && count <= MOST_PARTS;
  if (files.length > MOST_FILES) throw new TypeError("files");
  return files.map((file) => {
    const { name, size, key, first, parts } = file ?? {};
    const fine = isText(name) && isText(key) && Number.isSafeInteger(size) && size >= 0 && isCount(first) && isCount(parts);
    const bytes = fine ? fromBase64(key) : [];
    if (bytes.length !== 32) throw new TypeError("files");
    return { name: cleanName(name), size, key: bytes, first, parts };
  });
}

export const isDrawn = ({ type }) => DRAWN.has(type);

/** `files`: of `name`, `type` and `data`. One alone is written as PBinCLI reads it. */
export function writeBody(text, files = [], parts = []) {
  const address = ({ type, data }) => `data:${type || "application/octet-stream"};base64,${data}`;
  const body = { paste: text };
  if (files.length === 1) Object.assign(body, { attachment: address(files[0]), attachment_name: files[0].name });
  if (files.length > 1) Object.assign(body, { attachment: files.map(address), attachment_name: files.map(({ name }) => name) });
  if (parts.length) body.meatlizard_files = parts;
  return body;
}

/** `{text, name}` of a comment. Throws TypeError. */
export function readComment(plain) {
  if (!plain || !isText(plain.comment)) throw new TypeError("comment");
  return { text: plain.comment, name: isText(plain.nickname) ? plain.nickname.slice(0, 60) : "" };
}

export const writeComment = (text, name) => ({ comment: text, ...(name ? { nickname: name } : {}) });
