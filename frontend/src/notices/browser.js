// Notices by the browser itself: only after a click on the page of notices, remembered on this device, and while the page is not in
// sight.

const KEPT = "notices";

/** Whether this browser could show any. */
export const possible = () => "Notification" in window;

export function wanted() {
  try {
    return possible() && Notification.permission === "granted" && localStorage.getItem(KEPT) === "on";
  } catch {
    return false;
  }
}

export function remember(on) {
  try {
    if (on) localStorage.setItem(KEPT, "on");
    else localStorage.removeItem(KEPT);
  } catch {
    /* Then they are not remembered, and do not come. */
  }
}

/** `tag`: a second notice of the same takes the place of the first, from whichever page it comes. */
export async function notify(words, { url, tag }) {
  if (!wanted() || !document.hidden) return;
  const options = { tag, data: { url } };
  // A phone's browser shows notices of service workers alone.
  const worker = await navigator.serviceWorker?.getRegistration();
  if (worker?.active) {
    await worker.showNotification(words, options);
    return;
  }
  const shown = new Notification(words, options);
  shown.addEventListener("click", () => {
    window.focus();
    location.assign(url);
  });
}
