// One file on its way to the site, with its progress. `fetch` tells nothing of what it has sent.

import { gettext, interpolate } from "../i18n.js";

const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

/**
 * @param {(share: number) => void} progress From 0 to 1: how much of the file has gone out.
 * @param {AbortSignal} signal
 * @returns {Promise<object>} The attachment as the site has it. Rejects with the words of a refusal (`again`: another try may succeed),
 *   or with the signal's reason.
 */
export function upload(url, file, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append("file", file, file.name);
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(total ? loaded / total : 0));
    request.addEventListener("load", () => {
      if (request.status === 201) resolve(request.response.attachment);
      else reject(Object.assign(new Error(refusal(request)), { again: request.status === 429 || request.status >= 500 }));
    });
    request.addEventListener("error", () => reject(Object.assign(new Error(gettext("The site cannot be reached. Check the connection and try again.")), { again: true })));
    request.addEventListener("abort", () => reject(signal.reason));
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", url);
    request.setRequestHeader("X-CSRFToken", token);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.send(form);
  });
}

function refusal({ status, response }) {
  // A front server with a limit of its own answers in no language of ours.
  if (status === 413 && !response?.error) return gettext("This file is larger than the site takes.");
  // A session that ended sends every request to the sign-in page.
  if (status === 200) return gettext("You are signed out. Reload the page to sign in.");
  return response?.error?.message || interpolate(gettext("The site refused this (%s)."), [status]);
}
