// Requests of the library: forms as a browser sends them, answered with JSON or with a page.

import { reach, refusal, token } from "../../chat/api.js";

/** @param {[string, string][]} fields */
function send(url, fields, accept) {
  const body = new URLSearchParams(fields);
  return reach(url, { method: "POST", headers: { "X-CSRFToken": token, Accept: accept }, body });
}

/** The site's answer; a refusal is an Error with its words. */
export async function sendForm(url, fields) {
  const response = await send(url, fields, "application/json");
  if (!response.ok) throw await refusal(response);
  return response.json();
}

/** The page that a form leads to. */
export async function getForm(url, fields) {
  const response = await send(url, fields, "text/html, application/json;q=0.5");
  return parsed(response);
}

export async function getPage(url) {
  return parsed(await reach(url, { headers: { Accept: "text/html, application/json;q=0.5" } }));
}

async function parsed(response) {
  if (!response.ok) throw await refusal(response.headers.get("Content-Type")?.includes("json") ? response : new Response("{}", response));
  return new DOMParser().parseFromString(await response.text(), "text/html");
}
