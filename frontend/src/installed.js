// The service worker: there for who is signed in, gone with all it kept for who is not.

export async function serviceWorker(address = document.documentElement.dataset.worker) {
  const workers = navigator.serviceWorker;
  // Only over HTTPS and on the machine itself.
  if (!workers) return;
  try {
    if (address) await workers.register(address, { scope: "/", updateViaCache: "none" });
    else await forget(workers);
  } catch {
    /* A browser may forbid it; the site works without. */
  }
}

async function forget(workers) {
  const found = await workers.getRegistrations();
  if (!found.length) return;
  for (const registration of found) await registration.unregister();
  for (const name of await caches.keys()) await caches.delete(name);
}
