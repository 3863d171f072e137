// What went wrong, in plain words, and what to do about it.

import { gettext } from "../../i18n.js";

/** Answers that addresses have once they have expired, or their reader may not watch any more. */
export const REFUSED = new Set([401, 403, 404, 410]);

/** `{title, hint, retry}` of a code; `retry`: whether the same once more may help. */
export function words(code) {
  switch (code) {
    case "network":
      return { title: gettext("The connection was lost."), hint: gettext("Check your network. The video goes on by itself when the connection is back."), retry: true };
    case "server":
      return { title: gettext("The site cannot send this video right now."), hint: gettext("Wait a minute, then try again."), retry: true };
    case "gone":
      return { title: gettext("This video is not there for you any more."), hint: gettext("It may have been deleted or be for others now. Sign in again if you were signed out, then reload the page."), retry: false };
    case "password":
      return { title: gettext("This video wants its password again."), hint: gettext("Reload the page and enter it."), retry: false };
    case "unsupported":
      return { title: gettext("This browser cannot play this video."), hint: gettext("Use a newer browser, or download the video if its page offers that."), retry: false };
    case "failed":
      return { title: gettext("This video could not be processed."), hint: gettext("Whoever uploaded it sees why on its page."), retry: false };
    default:
      return { title: gettext("A part of this video could not be played."), hint: gettext("Try again. If it stops at the same place each time, seek past it and tell whoever uploaded it."), retry: true };
  }
}

/** What an answer to the question for new settings means. */
export function codeOf(status) {
  if (status === 403) return "password";
  if (REFUSED.has(status)) return "gone";
  return status >= 500 || status === 429 ? "server" : "network";
}
