// Which conversation the page shows: none at first on the page of a new one, until the first message makes it.

/** Tells by "moved" that the conversation was made. */
export class Place extends EventTarget {
  #path = location.pathname;

  constructor(root) {
    super();
    this.root = root;
    addEventListener("popstate", () => {
      // A link to a message of this conversation changes only what follows the "#".
      if (location.pathname !== this.#path) location.reload();
    });
  }

  get conversation() {
    return this.root.dataset.conversation || null;
  }

  moveTo(conversation, url) {
    this.root.dataset.conversation = conversation;
    history.pushState(null, "", url);
    this.#path = location.pathname;
    this.dispatchEvent(new Event("moved"));
  }
}
