// A file that is being put together: asked for until it is there, and fetched then.
const EVERY_MS = 2000;

export function waitForFile(panel, { ask = fetch, go = (url) => location.assign(url), again = setTimeout, reload = () => location.reload() } = {}) {
  if (!panel?.querySelector("progress")) return;
  const look = async () => {
    let found = { state: "waiting" };
    try {
      const answer = await ask(panel.dataset.download, { headers: { Accept: "application/json" } });
      found = answer.ok ? await answer.json() : { state: answer.status >= 500 || answer.status === 429 ? "waiting" : "failed" };
    } catch {
      // The network is away for a moment: asked again like everything that is not there yet.
    }
    if (found.state === "waiting") {
      again(look, EVERY_MS);
    } else if (found.url) {
      go(found.url);
    } else {
      reload();
    }
  };
  again(look, EVERY_MS);
}
