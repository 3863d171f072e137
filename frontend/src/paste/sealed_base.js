// Keys and bytes as text: base58 for what stands in addresses, base64 for what travels. Pure.

const LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const PIECE = 0x8000;
export const KEY_BYTES = 32;

export function toBase58(bytes) {
  const digits = [];
  for (const byte of bytes) {
    let carry = byte;
    for (let at = 0; at < digits.length; at += 1) {
      carry += digits[at] << 8;
      digits[at] = carry % 58;
      carry = Math.floor(carry / 58);
    }
    for (; carry; carry = Math.floor(carry / 58)) digits.push(carry % 58);
  }
  const zeros = bytes.findIndex((byte) => byte !== 0);
  const leading = zeros < 0 ? bytes.length : zeros;
  return LETTERS[0].repeat(leading) + digits.reverse().map((digit) => LETTERS[digit]).join("");
}

/** The key in an address, always of 32 bytes; null where it is none. */
export function keyFromBase58(text) {
  if (!text || text.length > 50) return null;
  const bytes = new Uint8Array(KEY_BYTES);
  for (const letter of text) {
    let carry = LETTERS.indexOf(letter);
    if (carry < 0) return null;
    for (let at = KEY_BYTES - 1; at >= 0; at -= 1) {
      carry += bytes[at] * 58;
      bytes[at] = carry & 0xff;
      carry >>= 8;
    }
    if (carry) return null;
  }
  return bytes;
}

export function toBase64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(text);
}

/** Throws for what is no base64. */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What an address says after `#`: the key, and whether to ask before anything is fetched (`#-KEY`). What follows `&` is not ours. */
export function readFragment(hash) {
  const text = hash.replace(/^#/, "").split("&")[0];
  const asks = text.startsWith("-");
  return { key: keyFromBase58(asks ? text.slice(1) : text), asks };
}
