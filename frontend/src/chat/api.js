// The small requests of the page. A refusal is an Error whose message is the site's own words.

import { gettext, interpolate } from "../i18n.js";

export const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

export class Refused extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

export function post(url, body = {}) {
  return request(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token, Accept: "application/json" },
    body: JSON.stringify(body),
  });
}

/** `signal` aborts it; it then fails with the signal's own reason. */
export function get(url, { signal } = {}) {
  return request(url, { headers: { Accept: "application/json" }, signal });
}

export async function getText(url) {
  const response = await reach(url, {});
  if (!response.ok) throw await refusal(response);
  return response.text();
}

async function request(url, options) {
  const response = await reach(url, options);
  if (!response.ok) throw await refusal(response);
  return response.json();
}

export async function reach(url, options) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...options });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Refused(gettext("The site cannot be reached. Check the connection and try again."), "unreachable");
  }
  // A session that ended sends every request to the sign-in page.
  if (response.redirected) throw new Refused(gettext("You are signed out. Reload the page to sign in."), "signed_out");
  return response;
}

export async function refusal(response) {
  const { error } = await response.json().catch(() => ({}));
  const words = error?.message || interpolate(gettext("The site refused this (%s)."), [response.status]);
  return new Refused(words, error?.code || String(response.status));
}

/** Addresses in `data-url-*` hold the zero UUID where an id belongs. */
export function address(pattern, id) {
  return pattern.replace("00000000-0000-0000-0000-000000000000", id);
}
