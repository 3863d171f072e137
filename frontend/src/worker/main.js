// The service worker of the site. The server puts `VERSION`, `OFFLINE`, `FILES` and `STATIC` before this text.
//
// It keeps two things, and nothing that anybody's session has to do with: the page that stands for others while the site cannot be
// reached, and static files whose names carry a hash of what is in them, so that none can ever be stale. Pages, answers of the API and
// everything else go to the site and are never kept.

const PAGES = `offline-${VERSION}`;
const KEPT = "files";
const MOST_FILES = 150;
const HASHED = /\.[0-9a-f]{12}\.[a-z0-9]+$/;

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));

async function install() {
  const cache = await caches.open(PAGES);
  // Without cookies: what is kept is what a stranger gets.
  await cache.addAll([OFFLINE, ...FILES].map((url) => new Request(url, { cache: "reload", credentials: "omit" })));
  // At once, and safe: what pages of the version before still use has names of its own.
  await skipWaiting();
}

async function activate() {
  for (const name of await caches.keys()) if (name !== PAGES && name !== KEPT) await caches.delete(name);
  const files = await caches.open(KEPT);
  const known = await files.keys();
  for (const request of known.slice(0, Math.max(0, known.length - MOST_FILES))) await files.delete(request);
  await clients.claim();
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (url.pathname.startsWith(STATIC) && HASHED.test(url.pathname)) event.respondWith(file(request, url));
  else if (FILES.includes(url.pathname)) event.respondWith(fetch(request).catch(() => kept(url.pathname)));
});

async function page(request) {
  try {
    return await fetch(request);
  } catch {
    return kept(OFFLINE);
  }
}

async function file(request, url) {
  const known = await caches.match(url.pathname);
  if (known) return known;
  const response = await fetch(request);
  // Of what the site itself says is for everybody and for ever.
  const forGood = /\bpublic\b.*\bimmutable\b/.test(response.headers.get("Cache-Control") ?? "");
  if (response.status === 200 && forGood && !url.search) {
    const cache = await caches.open(KEPT);
    await cache.put(url.pathname, response.clone()).catch(() => {});
  }
  return response;
}

async function kept(path) {
  return (await caches.match(path)) ?? Response.error();
}

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(new URL(event.notification.data?.url ?? "/", location.origin)));
});

async function show(url) {
  if (url.origin !== location.origin) return;
  const open = await clients.matchAll({ type: "window" });
  const there = open.find((client) => new URL(client.url).pathname === url.pathname);
  await (there ? there.focus() : clients.openWindow(url.href));
}
