// Counts on an open page of statistics, asked for again every few seconds while it is in sight.
import { get } from "../chat/api.js";

const EVERY_MS = 4000;

export function followCounts(box) {
  const places = { clicks: box.querySelector("[data-live-clicks]"), bots: box.querySelector("[data-live-bots]") };
  const digits = new Intl.NumberFormat(document.documentElement.lang || "en");
  const ask = async () => {
    if (!document.hidden) {
      const counts = await get(box.dataset.live).catch(() => ({}));
      for (const [name, place] of Object.entries(places)) {
        if (name in counts) place.textContent = digits.format(counts[name]);
      }
    }
    setTimeout(ask, EVERY_MS);
  };
  setTimeout(ask, EVERY_MS);
}
