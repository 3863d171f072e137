// Words in the reader's language. A page in a language other than English loads Django's catalogue for scripts before its own
// scripts; without one, what stands in the source is said. The three names are the ones `makemessages -d djangojs` looks for.

const catalogue = globalThis.django ?? {};

/** The page's language as browsers name it, for numbers and dates. */
export const language = globalThis.document?.documentElement?.lang || "en";

export function gettext(text) {
  return catalogue.gettext?.(text) ?? text;
}

export function ngettext(one, many, count) {
  return catalogue.ngettext?.(one, many, count) ?? (count === 1 ? one : many);
}

/** Puts values in the places of `%s` (an array, in order) or, with `named`, of `%(name)s` (an object). `%%` is a percent sign. */
export function interpolate(text, values, named = !Array.isArray(values)) {
  let next = 0;
  return text.replace(/%(?:%|s|\((\w+)\)s)/g, (found, name) => {
    if (found === "%%") return "%";
    return String(named ? values[name] : values[next++]);
  });
}

export function number(value) {
  return value.toLocaleString(language);
}
