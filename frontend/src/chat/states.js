// What an article on the page says about its answer. Pure, so that it can be tested without a page.

const UNDER_WAY = new Set(["queued", "leased", "streaming"]);

export const isUnderWay = (state) => UNDER_WAY.has(state);
export const isRunning = (article) => isUnderWay(article.dataset.state);

/** Whether the page has already shown the end of this very generation. */
export const hasEnded = (article, generation) =>
  article.dataset.generation === generation && article.dataset.state !== "" && !isRunning(article);
