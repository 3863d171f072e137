// A preview that is being made: the page is looked at again until it is there.

const FIRST = 1_500;
const LONGEST = 20_000;
const MOST = 40;

/** Replaces what is shown by what is there once it is; `dress` is called with it. */
export function comes(page, dress) {
  let wait = FIRST;
  let left = MOST;
  const again = async () => {
    if (document.hidden) return later();
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("file");
      if (answer.ok && fresh && !fresh.hasAttribute("data-coming")) return put(page, fresh, dress);
    } catch {
      // The network is away: it may be back the next time.
    }
    later();
  };
  const later = () => {
    left -= 1;
    if (left > 0) setTimeout(again, (wait = Math.min(LONGEST, wait * 1.4)));
  };
  setTimeout(again, wait);
}

function put(page, fresh, dress) {
  page.removeAttribute("data-coming");
  const viewer = fresh.querySelector("#viewer");
  page.querySelector("#viewer").replaceWith(viewer);
  const noted = fresh.querySelector("#noted");
  if (noted && !page.querySelector("#noted")) viewer.after(noted);
  dress(viewer);
}
