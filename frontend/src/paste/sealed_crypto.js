// Sealing and unsealing as PrivateBin's format version 2 has it: PBKDF2-HMAC-SHA256, AES-256-GCM over deflated JSON, and `adata`, which
// says how, authenticated with it. The server has no part in any of this.

import { fromBase64, toBase64, toHex, KEY_BYTES } from "./sealed_base.js";
import { deflate, inflate } from "./sealed_deflate.js";

const ITERATIONS = 100_000;
const IV_BYTES = 16;
const SALT_BYTES = 8;
const MOST_ITERATIONS = 10_000_000;
const PROOF = "meatlizard: whoever shows this can read the paste";

/** Wrong key, wrong password, or a text that was changed: which of them nobody can tell. */
export class CannotOpen extends Error {}

/** What this browser or this page cannot do; no password helps. */
export class NotForUs extends Error {}

const utf8 = (text) => new TextEncoder().encode(text);
/** As PrivateBin's own page reads a password: of each character one byte. */
const bytewise = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 0xff);

export const newKey = () => crypto.getRandomValues(new Uint8Array(KEY_BYTES));

export function newCipher({ compression = "zlib" } = {}) {
  const random = (length) => toBase64(crypto.getRandomValues(new Uint8Array(length)));
  return [random(IV_BYTES), random(SALT_BYTES), ITERATIONS, 256, 128, "aes", "gcm", compression];
}

export const cipherOf = (adata) => (Array.isArray(adata[0]) ? adata[0] : adata);

/** The ways to read a password, the likely one first: PBinCLI and this page take UTF-8, PrivateBin's page takes bytes. */
export function readings(password) {
  const plain = utf8(password);
  return plain.length === password.length ? [plain] : [plain, bytewise(password)];
}

/** The bits of the AES key. `password`: bytes. */
async function derive(key, password, cipher) {
  const [, salt, iterations, bits] = cipher;
  if (!(iterations > 0 && iterations <= MOST_ITERATIONS)) throw new NotForUs("iterations");
  const material = new Uint8Array([...key, ...password]);
  const base = await crypto.subtle.importKey("raw", material, "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: fromBase64(salt), iterations };
  return new Uint8Array(await crypto.subtle.deriveBits(how, base, bits));
}

function parameters(adata) {
  const cipher = cipherOf(adata);
  const [iv, , , bits, tag, algorithm, mode, compression] = cipher;
  if (algorithm !== "aes" || mode !== "gcm" || ![128, 256].includes(bits) || ![96, 128].includes(tag)) throw new NotForUs("cipher");
  if (!["zlib", "none"].includes(compression)) throw new NotForUs("compression");
  // As it was written by whoever sealed it: JSON without blanks.
  return { how: { name: "AES-GCM", iv: fromBase64(iv), tagLength: tag, additionalData: utf8(JSON.stringify(adata)) }, cipher };
}

const aes = (bits, use) => crypto.subtle.importKey("raw", bits, "AES-GCM", false, [use]);

/** Seals an object. Answers `ct` (base64) and `proof`, which only who can unseal it can compute, see `proofOf`. */
export async function seal(plain, adata, key, password = "") {
  const { how, cipher } = parameters(adata);
  const bits = await derive(key, utf8(password), cipher);
  const bytes = utf8(JSON.stringify(plain));
  const packed = cipher[7] === "zlib" ? await deflate(bytes) : bytes;
  const sealed = await crypto.subtle.encrypt(how, await aes(bits, "encrypt"), packed);
  return { ct: toBase64(new Uint8Array(sealed)), proof: await proofOfBits(bits) };
}

/** The object that was sealed. Throws CannotOpen or NotForUs. */
export async function unseal({ adata, ct }, key, password = "") {
  const { how, cipher } = parameters(adata);
  const sealed = fromBase64(ct);
  for (const reading of readings(password)) {
    const bits = await derive(key, reading, cipher);
    const opened = await crypto.subtle.decrypt(how, await aes(bits, "decrypt"), sealed).catch(() => null);
    if (opened === null) continue;
    const bytes = new Uint8Array(opened);
    try {
      return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(cipher[7] === "zlib" ? await inflate(bytes) : bytes));
    } catch (error) {
      throw error instanceof RangeError ? error : new NotForUs("content");
    }
  }
  throw new CannotOpen();
}

/** Shows the site that somebody can read, and nothing else: one-way from the key that the text is sealed with. In hexadecimal digits. */
export async function proofOf(adata, key, password = "") {
  return proofOfBits(await derive(key, utf8(password), parameters(adata).cipher));
}

async function proofOfBits(bits) {
  const base = await crypto.subtle.importKey("raw", bits, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return toHex(new Uint8Array(await crypto.subtle.sign("HMAC", base, utf8(PROOF))));
}

/** What the site keeps of a proof, so that it does not hold the proof itself until somebody reads. */
export async function guardOf(proof) {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(proof))));
}
