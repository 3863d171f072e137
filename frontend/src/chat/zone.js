// Tells the site in which time zone the person is, when this browser has not told it yet or has moved.

import { post } from "./api.js";

const KEY = "zone";

/** `storage` may be forbidden; then it is told once a page. Whether it arrives matters to nothing else. */
export async function tellZone(url, storage, zone = Intl.DateTimeFormat().resolvedOptions().timeZone) {
  if (!zone || read(storage) === zone) return;
  try {
    await post(url, { zone });
    storage.setItem(KEY, zone);
  } catch {
    /* The next page tells it again. */
  }
}

function read(storage) {
  try {
    return storage.getItem(KEY);
  } catch {
    return null;
  }
}
