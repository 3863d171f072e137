// The named parts of a message on the page.

export const part = (article, name) => article.querySelector(`[data-part="${name}"]`);
