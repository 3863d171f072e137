// Everything the page says about waiting, in words. Pure, so that it can be tested without a page.

export function duration(seconds) {
  if (seconds < 10) return "a few seconds";
  if (seconds < 90) return `about ${Math.round(seconds / 5) * 5} s`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min`;
  return `about ${Math.round(seconds / 3600)} h`;
}

function wait(estimate) {
  return estimate === null || estimate === undefined ? "the time is not known yet" : duration(estimate);
}

/** What holds before sending: `status` is the event of that name. */
export function availability(status) {
  if (status.state === "live") return "Live: an answer comes at once.";
  if (status.state === "queued") {
    return `Busy: a message sent now would be number ${status.position ?? 1} in the queue (${wait(status.estimate)}).`;
  }
  return "Offline: no machine is connected to answer.";
}

/** What a waiting answer says: `event` is a `generation.queued`. */
export function waiting(event) {
  if (event.offline) return "Waiting for a machine to connect. You may leave; the answer comes when one is there.";
  return `Number ${event.position} in the queue (${wait(event.estimate)}).`;
}

/** How an answer ended: `event` is a `generation.finished`. A failure says so itself, in the message. */
export function outcome(event) {
  if (event.reason === "cancelled") return event.length ? "Stopped." : "Stopped before the first word.";
  if (event.reason === "failed") return "";
  if (event.message.notice) return event.message.notice;
  return event.reason === "length" ? "The answer reached its length limit." : "";
}

export function author(message) {
  if (message.role === "user") return "You";
  if (message.source === "markov") return "Markov generator";
  return message.model || "Answer";
}

export function tokens(count) {
  if (!count) return "";
  return `${count.toLocaleString("en")} token${count === 1 ? "" : "s"}`;
}

const DEGREES = { boolean: ["off", "on"], level: ["off", "low", "medium", "high"] };

/** What may be chosen for thinking with the model `alias` (empty: whichever is there); empty when it cannot think. */
export function thinkingChoices(models, alias) {
  const ways = models.filter((model) => !alias || model.alias === alias).map((model) => model.thinking);
  return DEGREES[ways.includes("level") ? "level" : "boolean"].filter(() => ways.some((way) => way in DEGREES));
}
