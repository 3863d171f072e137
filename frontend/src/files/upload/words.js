// Sizes, times and counts in words.

import { gettext, interpolate, ngettext, number } from "../../i18n.js";

const tenth = (value) => number(Math.round(value * 10) / 10);

export function size(bytes) {
  if (bytes < 1_000) return interpolate(ngettext("%s byte", "%s bytes", bytes), [number(bytes)]);
  if (bytes < 999_500) return interpolate(gettext("%s KB"), [number(Math.round(bytes / 1_000))]);
  if (bytes < 999_950_000) return interpolate(gettext("%s MB"), [tenth(bytes / 1_000_000)]);
  return interpolate(gettext("%s GB"), [tenth(bytes / 1_000_000_000)]);
}

export function speed(rate) {
  return interpolate(gettext("%s a second"), [size(Math.round(rate))]);
}

export function time(seconds) {
  if (seconds < 1.5) return gettext("a moment");
  if (seconds < 90) return interpolate(ngettext("%s second", "%s seconds", Math.round(seconds)), [number(Math.round(seconds))]);
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return interpolate(ngettext("%s minute", "%s minutes", minutes), [number(minutes)]);
  const hours = Math.round(minutes / 60);
  return interpolate(ngettext("%s hour", "%s hours", hours), [number(hours)]);
}

export function files(count) {
  return interpolate(ngettext("%s file", "%s files", count), [number(count)]);
}

/** One line about all of it. */
export function summary({ total, done, failed, sent, bytes, rate, left, state }) {
  const parts = [interpolate(gettext("%(done)s of %(all)s"), { done: number(done), all: files(total) }), interpolate(gettext("%(sent)s of %(all)s"), { sent: size(sent), all: size(bytes) })];
  if (failed) parts.push(interpolate(ngettext("%s failed", "%s failed", failed), [number(failed)]));
  if (state === "sending") {
    if (rate !== null) parts.push(speed(rate));
    if (left !== null) parts.push(interpolate(gettext("%s left"), [time(left)]));
  }
  return parts.join(" · ");
}
