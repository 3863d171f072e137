// What is on its way, kept by the browser until it has arrived: after a reload or a closed laptop it goes on where it stood.

const NAME = "meatlizard-uploads";
const STORE = "files";
export const KEPT_DAYS = 7;

/** Without IndexedDB (some private windows) nothing is remembered, and everything else works. */
export class Remembered {
  #opening = null;

  constructor({ owner, indexedDB = globalThis.indexedDB, now = () => Date.now() }) {
    Object.assign(this, { owner, indexedDB, now });
  }

  /** Of this person, the oldest first; what is past its time is forgotten. */
  async all() {
    const rows = (await this.#ask("readonly", (store) => store.getAll())) ?? [];
    const late = this.now() - KEPT_DAYS * 86_400_000;
    const over = rows.filter(({ at }) => at < late);
    if (over.length) await this.remove(over.map(({ id }) => id));
    return rows.filter((row) => row.owner === this.owner && row.at >= late).sort((one, other) => one.at - other.at || one.path.localeCompare(other.path));
  }

  async put(records) {
    await this.#ask("readwrite", (store) => {
      for (const record of records) this.#write(store, { ...record, owner: this.owner, at: record.at ?? this.now() });
    });
  }

  async remove(ids) {
    await this.#ask("readwrite", (store) => {
      for (const id of ids) store.delete(id);
    });
  }

  /** A handle that cannot be kept is left out rather than the whole record. */
  #write(store, record) {
    try {
      store.put(record);
    } catch {
      store.put({ ...record, handle: null });
    }
  }

  async #ask(mode, work) {
    try {
      const database = await this.#open();
      return await new Promise((resolve, reject) => {
        const transaction = database.transaction(STORE, mode);
        const request = work(transaction.objectStore(STORE));
        transaction.oncomplete = () => resolve(request?.result);
        transaction.onerror = transaction.onabort = () => reject(transaction.error);
      });
    } catch {
      return undefined;
    }
  }

  #open() {
    this.#opening ??= new Promise((resolve, reject) => {
      const request = this.indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
      request.onblocked = () => reject(new Error("blocked"));
    });
    return this.#opening;
  }
}
