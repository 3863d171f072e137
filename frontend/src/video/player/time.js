// Moments of a video: as a clock shows them, as one says them, and as addresses have them.

import { gettext, interpolate, ngettext } from "../../i18n.js";

export function clock(seconds, whole = seconds) {
  const all = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  const two = (value) => String(value).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  if (hours || whole >= 3600) return `${hours}:${two(minutes)}:${two(rest)}`;
  return `${minutes}:${two(rest)}`;
}

/** For those who hear it. */
export function spoken(seconds) {
  const all = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  const parts = [];
  const [hours, minutes, rest] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  if (hours) parts.push(interpolate(ngettext("%s hour", "%s hours", hours), [hours]));
  if (minutes) parts.push(interpolate(ngettext("%s minute", "%s minutes", minutes), [minutes]));
  if (rest || !parts.length) parts.push(interpolate(ngettext("%s second", "%s seconds", rest), [rest]));
  return parts.join(" ");
}

/** Seconds of `90`, `90.5`, `1:30`, `1:02:03` or `1h2m3s`; null for anything else. */
export function parseTime(text) {
  const given = String(text ?? "").trim().toLowerCase();
  if (/^\d{1,9}(\.\d{1,6})?s?$/.test(given)) return Number.parseFloat(given);
  const colons = given.match(/^(?:(\d{1,4}):)?(\d{1,3}):(\d{2}(?:\.\d{1,6})?)$/);
  if (colons) return Number(colons[1] ?? 0) * 3600 + Number(colons[2]) * 60 + Number(colons[3]);
  const letters = given.match(/^(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s?)?$/);
  if (!given || !letters) return null;
  return Number(letters[1] ?? 0) * 3600 + Number(letters[2] ?? 0) * 60 + Number(letters[3] ?? 0);
}

/** How long something is going to take, in words. */
export function about(seconds) {
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 90) return interpolate(ngettext("about %s second left", "about %s seconds left", Math.max(1, Math.round(seconds))), [Math.max(1, Math.round(seconds))]);
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return interpolate(ngettext("about %s minute left", "about %s minutes left", minutes), [minutes]);
  return gettext("more than an hour left");
}
