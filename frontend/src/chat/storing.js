// Into one's own library of files. Only where somebody is signed in.

import { gettext } from "../i18n.js";

const address = () => document.body.dataset.putFile;

export const canStore = () => Boolean(address());

/** `text` as a file called `name`; resolves to the address of its page. */
export async function saveToFiles(name, text) {
  const body = new Blob([text], { type: "text/plain" });
  const answer = await fetch(address() + encodeURIComponent(name), { method: "PUT", body, headers: { Accept: "application/json" } });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.error?.message ?? gettext("It could not be saved. Try again."));
  return said.url;
}
