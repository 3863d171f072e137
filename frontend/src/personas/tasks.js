// What a model is asked for in the background: asked, looked after until it is done, and taken back when nobody wants it any more.

import { address, get, post } from "../chat/api.js";
import { gettext } from "../i18n.js";

const FIRST_MS = 300;
const LONGEST_MS = 2_000;
const PATIENCE_MS = 180_000;

export class Tasks {
  #stop = null;

  constructor(urls) {
    this.urls = urls;
  }

  get busy() {
    return this.#stop !== null;
  }

  /** Ends what is under way; `run` then fails with an AbortError. */
  stop() {
    this.#stop?.abort();
  }

  /** `ask` returns `{task}`; `said(state)` hears `waiting` and `running`. Resolves with what came of it. */
  async run(ask, query, said = () => {}) {
    if (this.busy) throw new Error(gettext("The model is still at something. Wait, or stop it."));
    const control = (this.#stop = new AbortController());
    let task = null;
    try {
      ({ task } = await ask(control.signal));
      const until = Date.now() + PATIENCE_MS;
      for (let pause = FIRST_MS; Date.now() < until; pause = Math.min(LONGEST_MS, pause * 1.4)) {
        await wait(pause, control.signal);
        const found = await get(`${address(this.urls.outcome, task)}?${new URLSearchParams(query)}`, { signal: control.signal });
        if (found.state === "failed") throw new Error(found.error);
        if (found.state === "done") {
          const done = task;
          task = null;
          return { ...found, task: done };
        }
        said(found.state);
      }
      throw new Error(gettext("The model takes too long. Try again later."));
    } finally {
      this.#stop = null;
      // Nobody waits for it any more: its machine is free for others at once.
      if (task) post(address(this.urls.forget, task)).catch(() => {});
    }
  }
}

/** Sends the editor's form, without the file in it, and more. */
export async function postForm(url, form, more, signal) {
  const body = new FormData(form);
  body.delete("avatar");
  for (const [name, value] of Object.entries(more)) body.set(name, value);
  const response = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" }, signal });
  const found = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(found.error?.message ?? gettext("The site did not answer. Try again."));
  return found;
}

function wait(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
