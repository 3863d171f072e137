// Requests about sealed pastes, as PrivateBin's clients make them. A refusal is an Error whose message is the site's own words.

import { gettext, interpolate } from "../i18n.js";

const HEADERS = { "X-Requested-With": "JSONHttpRequest", Accept: "application/json" };

export class Refused extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/** With `body` (an object, or bytes) a POST, or what `method` says. `token`: of who made the paste. */
export async function ask(url, { body, method, token } = {}) {
  let response;
  const bytes = body instanceof Uint8Array;
  const type = bytes ? "application/octet-stream" : "application/json";
  const sent = body && { method: method ?? "POST", body: bytes ? body : JSON.stringify(body) };
  try {
    response = await fetch(url, { credentials: "same-origin", headers: { ...HEADERS, ...(body && { "Content-Type": type }), ...(token && { "X-Token": token }) }, ...sent });
  } catch {
    throw new Refused(gettext("The site cannot be reached. Check the connection and try again."), "unreachable");
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok && !answer.status) return answer;
  const words = answer.message || answer.error?.message || interpolate(gettext("The site refused this (%s)."), [response.status]);
  throw new Refused(words, answer.code || answer.error?.code || String(response.status));
}

/** Encryption is there on pages that came over HTTPS, or from this very machine. */
export function whyNot() {
  if (globalThis.crypto?.subtle && globalThis.CompressionStream) return "";
  if (!globalThis.isSecureContext) return gettext("Browsers encrypt only on pages that come over HTTPS. Open this site by its https:// address.");
  return gettext("This browser is too old to encrypt. Use a newer one.");
}

/** Waits until what was just said on the page is to be seen, before work that keeps it busy. */
export const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
