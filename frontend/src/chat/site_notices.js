// What operators say to everybody: why something is switched off, announcements, and who reads along. Pages bring them; the open one follows.

import { showAnnouncements } from "../announcements.js";

export function showSiteNotices({ warning, announcements, onlookers }, root = document.getElementById("site-notices")) {
  showAnnouncements(announcements, root?.querySelector("#announcements"));
  for (const [part, text] of Object.entries({ warning, onlookers })) {
    const line = root?.querySelector(`[data-part=${part}]`);
    // The same words written again would be read out again.
    if (!line || text === undefined || line.textContent === text) continue;
    line.textContent = text;
    line.hidden = !text;
  }
}
