// The conversation as the site has it stored: for when events were lost.

export async function fetchArticles() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (!response.ok || response.redirected) throw new Error("the conversation could not be read");
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const list = page.getElementById("messages");
  if (!list) throw new Error("the conversation could not be read");
  return [...list.children].map((article) => document.adoptNode(article));
}

/** Whether a request whose acknowledgement was lost is among the messages just found. */
export function arrived(frame, fresh) {
  if (!frame.text) return fresh.some((article) => article.dataset.role === "assistant");
  const text = frame.text.trim();
  return fresh.some((article) => article.dataset.role === "user" && article.querySelector(".plain")?.textContent === text);
}
