// The fields that ask for a prompt's variables, made from what the site says of them.

import { gettext } from "../i18n.js";

const YES = "yes";

/** One labelled field for each variable; `prefix` keeps their ids apart from others of the page. */
export function fieldsFor(variables, prefix) {
  const fields = document.createDocumentFragment();
  for (const variable of variables) fields.append(field(variable, `${prefix}-${variable.name}`));
  return fields;
}

/** What is in the fields of `form`, by names. */
export function valuesOf(form, variables) {
  const value = ({ name, kind }) => {
    const control = form.elements[name];
    return kind === "boolean" ? control.checked : control.value;
  };
  return Object.fromEntries(variables.map((variable) => [variable.name, value(variable)]));
}

function field(variable, id) {
  const { name, label, kind, required } = variable;
  const box = Object.assign(document.createElement("div"), { className: kind === "boolean" ? "field check" : "field" });
  const words = Object.assign(document.createElement("label"), { htmlFor: id, textContent: label });
  if (!required && kind !== "boolean") {
    words.append(" ", Object.assign(document.createElement("span"), { className: "optional", textContent: gettext("(optional)") }));
  }
  const control = Object.assign((CONTROLS[kind] ?? CONTROLS.text)(variable), { id, name });
  control.dataset.testid = `variable-${name}`;
  if (kind !== "boolean") control.required = required;
  box.append(...(kind === "boolean" ? [control, words] : [words, control]));
  return box;
}

const input = (type, more) => Object.assign(document.createElement("input"), { type, autocomplete: "off", ...more });

const CONTROLS = {
  text: ({ default: value = "" }) => input("text", { value, maxLength: 2000 }),
  long: ({ default: value = "" }) => Object.assign(document.createElement("textarea"), { value, rows: 6, maxLength: 100_000 }),
  number: ({ default: value = "", least = "", most = "" }) => input("number", { step: "any", min: least, max: most, value }),
  date: ({ default: value = "" }) => input("date", { value: value === "today" ? today() : value }),
  boolean: ({ default: value }) => input("checkbox", { checked: value === YES }),
  choice({ choices = [], default: value = "", required }) {
    const select = document.createElement("select");
    // Without a first choice made for them, people must not be taken to have made one.
    if (!required || !value) select.append(new Option("", ""));
    select.append(...choices.map((choice) => new Option(choice, choice, choice === value, choice === value)));
    return select;
  },
};

/** The reader's own day, not that of Greenwich. */
function today() {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}
