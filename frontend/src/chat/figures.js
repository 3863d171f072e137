// The figures beside the composer, in numbers and words. Pure, so that it can be tested without a page.

import { gettext, interpolate, number } from "../i18n.js";

const NOT_ASCII = /[^\x00-\x7f]/g; // eslint-disable-line no-control-regex
const LONG = 50_000;

/** Tokens of a text, as the site takes them: rather too many than too few. Of a very long one, its beginning stands for the rest. */
export function estimate(text) {
  if (text.length > LONG) return Math.ceil((estimate(text.slice(0, LONG)) * text.length) / LONG);
  let extra = 0;
  for (const [sign] of text.matchAll(NOT_ASCII)) extra += sign < "\u0800" ? 1 : sign >= "\ud800" && sign <= "\udfff" ? 1.25 : 2;
  return Math.ceil((text.length + 2 * extra) / 4);
}

/** Tokens that a model reads at most: of the model chosen, or of any if all read as much. Null when nobody knows. */
export function windowOf(models, alias) {
  const sizes = new Set(models.filter((model) => !alias || model.alias === alias).map((model) => model.context_length));
  return sizes.size === 1 ? [...sizes][0] : null;
}

/** How full, from 0 to 1; null when nobody knows. */
export function share(used, whole) {
  return whole ? Math.min(1, used / whole) : null;
}

export function level(part) {
  if (part === null) return "unknown";
  return part >= 0.9 ? "full" : part >= 0.7 ? "high" : "fine";
}

/** Tokens, short enough for a button: 760, 12.3k, 1.2M. */
export function short(count) {
  if (count < 10_000) return number(count);
  return count < 999_500 ? `${number(Math.round(count / 100) / 10)}k` : `${number(Math.round(count / 100_000) / 10)}M`;
}

/** How full the window is: `used` tokens of `window` (null: unknown), `measured` or estimated, and `draft` more are being written. */
export function contextWords({ used, measured, window, model, draft }) {
  const said = window
    ? measured
      ? gettext("%(used)s of %(window)s tokens of the model's window are in use.")
      : gettext("About %(used)s of %(window)s tokens of the model's window are in use.")
    : measured
      ? gettext("%(used)s tokens are in use. How many this model reads is not known.")
      : gettext("About %(used)s tokens are in use. How many this model reads is not known.");
  const whole = interpolate(said, { used: number(used), window: number(window ?? 0) });
  const more = draft ? interpolate(gettext("What you are writing takes about %s more."), [number(draft)]) : "";
  const who = model ? interpolate(gettext("Model: %s."), [model]) : "";
  return [whole, more, who].filter(Boolean).join(" ");
}

export function budgetWords({ limit, granted, used, reserved, resets }, format = (moment) => moment.toLocaleString()) {
  const said = [interpolate(gettext("%s of this week's %s tokens are spent."), [number(used), number(limit)])];
  if (reserved) said.push(interpolate(gettext("%s are set aside for what is under way."), [number(reserved)]));
  if (granted) said.push(interpolate(gettext("%s of them were granted on top."), [number(granted)]));
  said.push(interpolate(gettext("The next week begins on %s."), [format(new Date(resets))]));
  return said.join(" ");
}
