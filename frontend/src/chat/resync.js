// The conversation as the site has it stored: for when events were lost, and for when another branch is shown.

const REST = 2000;

/** Reads the conversation anew, one reading at a time. What asks during a reading for something newer gets another one after it. */
export class Resync {
  #reading = null;
  #stale = false;
  #turning;
  #rested = 0;

  /** @param {(read: {articles: Element[], comparison: Element}) => void} merge Makes the page equal to what was read. */
  constructor(merge, read = fetchArticles) {
    Object.assign(this, { merge, read });
  }

  /** `now`: also if it was read a moment ago. */
  ask(now = false) {
    if (this.#reading) {
      this.#stale ||= now;
      return this.#reading;
    }
    if (!now && performance.now() < this.#rested) return Promise.resolve();
    this.#reading = this.#readAll().finally(() => {
      this.#reading = null;
      this.#turning = undefined;
      this.#rested = performance.now() + REST;
    });
    return this.#reading;
  }

  /** Something came in: what is being read at this moment may not have it yet, and is read once more. */
  outdated() {
    if (this.#reading) this.#stale = true;
  }

  /** The branch that ends with `head` is shown from now on. The page may hear so twice: as news, and as the answer to its own wish. */
  turnTo(head) {
    if (this.#reading && this.#turning === head) return this.#reading;
    this.#turning = head;
    return this.ask(true);
  }

  async #readAll() {
    do {
      this.#stale = false;
      try {
        this.merge(await this.read());
      } catch {
        /* The next news, or the next second of silence, brings another try. */
      }
    } while (this.#stale);
  }
}

async function fetchArticles() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (!response.ok || response.redirected) throw new Error("the conversation could not be read");
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const list = page.getElementById("messages");
  if (!list) throw new Error("the conversation could not be read");
  const articles = [...list.children].map((article) => document.adoptNode(article));
  return { articles, comparison: page.getElementById("comparison") };
}

/** Whether a request whose acknowledgement was lost is among the messages just found. */
export function arrived(frame, fresh) {
  if (frame.text === undefined) return fresh.some((article) => article.dataset.role === "assistant");
  const text = frame.text.trim();
  return fresh.some((article) => article.dataset.role === "user" && (article.querySelector(".plain")?.textContent ?? "") === text);
}
