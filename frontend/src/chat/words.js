// Everything the page says about waiting, in words. Pure, so that it can be tested without a page.

import { gettext, interpolate, ngettext, number } from "../i18n.js";

export function duration(seconds) {
  if (seconds < 10) return gettext("a few seconds");
  if (seconds < 90) return interpolate(gettext("about %s s"), [number(Math.round(seconds / 5) * 5)]);
  if (seconds < 5400) return interpolate(gettext("about %s min"), [number(Math.round(seconds / 60))]);
  return interpolate(gettext("about %s h"), [number(Math.round(seconds / 3600))]);
}

function wait(estimate) {
  return estimate === null || estimate === undefined ? gettext("the time is not known yet") : duration(estimate);
}

/** What holds before sending: `status` is the event of that name. */
export function availability(status) {
  if (status.person) return gettext("An administrator answers here in place of the model.");
  if (status.state === "live") return gettext("Live: an answer comes at once.");
  if (status.state === "queued") {
    const words = gettext("Busy: a message sent now would be number %s in the queue (%s).");
    return interpolate(words, [number(status.position ?? 1), wait(status.estimate)]);
  }
  return gettext("Offline: no machine is connected to answer.");
}

/** What a waiting answer says: `event` is a `generation.queued`. */
export function waiting(event) {
  if (event.person) return gettext("Waiting for an administrator, who answers here in place of the model.");
  if (event.offline) return gettext("Waiting for a machine to connect. You may leave; the answer comes when one is there.");
  return interpolate(gettext("Number %s in the queue (%s)."), [number(event.position), wait(event.estimate)]);
}

/** How an answer ended: `event` is a `generation.finished`. Why it failed says the message itself. */
export function outcome(event) {
  const { notice } = event.message;
  if (event.reason === "cancelled") {
    const stopped = event.length ? gettext("Stopped.") : gettext("Stopped before the first word.");
    return notice ? `${stopped} ${notice}` : stopped;
  }
  if (notice || event.reason === "failed") return notice;
  return event.reason === "length" ? gettext("The answer reached its length limit.") : "";
}

export function author(message) {
  if (message.role === "user") return gettext("You");
  if (message.source === "markov") return gettext("Markov generator");
  return message.speaker || message.model || gettext("Answer");
}

export function tokens(count) {
  return count ? interpolate(ngettext("%s token", "%s tokens", count), [number(count)]) : "";
}

const DEGREES = { boolean: ["off", "on"], level: ["off", "low", "medium", "high"] };

/** What may be chosen for thinking with the model `alias` (empty: whichever is there); empty when it cannot think. */
export function thinkingChoices(models, alias) {
  const ways = models.filter((model) => !alias || model.alias === alias).map((model) => model.thinking);
  return DEGREES[ways.includes("level") ? "level" : "boolean"].filter(() => ways.some((way) => way in DEGREES));
}
