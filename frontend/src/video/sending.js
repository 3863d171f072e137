// Forms sent without leaving the page: what plays goes on. A refusal is an Error whose message is the site's own words.

import { gettext } from "../i18n.js";

export async function send(form, button, headers) {
  const body = new URLSearchParams(new FormData(form));
  if (button?.name) body.set(button.name, button.value);
  return asked(form.action, { method: "POST", body, headers });
}

/** The answer to a request; words for what could not be done. */
export async function asked(address, { headers, ...more } = {}) {
  let answer;
  try {
    answer = await fetch(address, { ...more, headers: { ...headers } });
  } catch {
    throw new Error(gettext("The site cannot be reached. Try again in a moment."));
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => null);
  throw new Error(told?.error?.message ?? gettext("This could not be done. Load the page anew and try again."));
}

/** Asks before what cannot be undone; whether to go on. */
export function agreed(event) {
  const words = event.submitter?.dataset.confirm;
  return !words || confirm(words);
}
