// Rules of a link: the JSON of a field, shown as rows in their order. Without this script the JSON itself is written.
import { gettext } from "../i18n.js";

const DEVICES = ["android", "ios", "windows", "macos", "linux", "mobile", "tablet", "desktop"];
const DAYS = [gettext("Mo"), gettext("Tu"), gettext("We"), gettext("Th"), gettext("Fr"), gettext("Sa"), gettext("Su")];

/** Kind of a condition: its name, what a new one says, and its fields as [key, label, kind]. */
const KINDS = {
  device: [gettext("device"), { any_of: ["mobile"] }, [["any_of", gettext("one of"), "devices"]]],
  language: [gettext("language"), { any_of: [] }, [["any_of", gettext("as de, fr-CA"), "words"]]],
  country: [gettext("country"), { any_of: [] }, [["any_of", gettext("as DE, CH"), "words"]]],
  referrer: [gettext("comes from"), { any_of: [] }, [["any_of", gettext("hosts"), "words"]]],
  query: [
    gettext("query"),
    { name: "", value: null },
    [
      ["name", gettext("name"), "text"],
      ["value", gettext("value; empty: any"), "optional"],
    ],
  ],
  time: [
    gettext("time of day"),
    { start: "09:00", end: "17:00", days: [0, 1, 2, 3, 4], zone: "UTC" },
    [
      ["start", gettext("from"), "clock"],
      ["end", gettext("until"), "clock"],
      ["days", gettext("days"), "days"],
      ["zone", gettext("time zone"), "text"],
    ],
  ],
  date: [
    gettext("date"),
    { since: null, until: null },
    [
      ["since", gettext("since (UTC)"), "moment"],
      ["until", gettext("until (UTC)"), "moment"],
    ],
  ],
};

export class RulesEditor {
  #rules = [];

  constructor(box, field) {
    this.field = field;
    try {
      this.#rules = field.value.trim() ? JSON.parse(field.value) : [];
    } catch {
      return; // It stays as text, to be mended.
    }
    if (!Array.isArray(this.#rules)) return;
    this.list = element("ol", { className: "rules" });
    const add = this.#button(gettext("Add a rule"), () => {
      this.#rules.push({ conditions: [], targets: [{ target: "", weight: 1 }] });
      this.#draw(true);
    });
    const raw = field.closest(".field");
    raw.hidden = true;
    const text = this.#button(gettext("As JSON"), () => {
      raw.hidden = false;
      editor.remove();
      field.focus();
    });
    const editor = element("div", {}, [
      element("h3", { textContent: gettext("Rules") }),
      element("p", { className: "muted", textContent: gettext("The first rule that fits decides; if none does, the link leads where it says above. Several targets of a rule divide visitors by weight.") }),
      this.list,
      element("p", { className: "actions" }, [add, text]),
    ]);
    box.append(editor);
    this.#draw();
  }

  #draw(toEnd = false) {
    this.#store();
    this.list.replaceChildren(...this.#rules.map((rule, place) => this.#rule(rule, place)));
    if (toEnd) this.list.lastElementChild?.querySelector("input[type=url]")?.focus();
  }

  #store() {
    this.field.value = this.#rules.length ? JSON.stringify(this.#rules, null, 1) : "";
  }

  #rule(rule, place) {
    const move = (by) => () => {
      this.#rules.splice(place + by, 0, ...this.#rules.splice(place, 1));
      this.#draw();
    };
    const kind = element("select", { ariaLabel: gettext("Condition to add") }, [
      element("option", { value: "", textContent: gettext("Add a condition…") }),
      ...Object.entries(KINDS).map(([value, [name]]) => element("option", { value, textContent: name })),
    ]);
    kind.addEventListener("change", () => {
      rule.conditions.push({ type: kind.value, ...structuredClone(KINDS[kind.value][1]) });
      this.#draw();
    });
    return element("li", {}, [
      element("header", {}, [
        this.#button(gettext("Up"), move(-1), place === 0),
        this.#button(gettext("Down"), move(1), place === this.#rules.length - 1),
        this.#button(gettext("Remove"), () => this.#drop(this.#rules, place)),
      ]),
      ...rule.conditions.map((condition, index) => this.#condition(rule, condition, index)),
      element("div", { className: "row" }, [kind]),
      ...rule.targets.map((share, index) => this.#share(rule, share, index)),
      element("p", { className: "actions" }, [
        this.#button(gettext("Another target"), () => {
          rule.targets.push({ target: "", weight: 1 });
          this.#draw();
        }),
      ]),
    ]);
  }

  #condition(rule, condition, index) {
    const [name, , fields] = KINDS[condition.type] ?? [condition.type, {}, []];
    return element("div", { className: "row" }, [
      element("span", { className: "kind", textContent: name }),
      ...fields.map(([key, label, kind]) => this.#control(condition, key, `${name}: ${label}`, label, kind)),
      this.#button(gettext("Remove"), () => this.#drop(rule.conditions, index)),
    ]);
  }

  #share(rule, share, index) {
    const target = element("input", { type: "url", value: share.target, placeholder: "https://" });
    target.addEventListener("input", () => this.#set(share, "target", target.value));
    const weight = element("input", { type: "number", min: "1", max: "1000", value: String(share.weight ?? 1) });
    weight.addEventListener("input", () => this.#set(share, "weight", Number(weight.value) || 1));
    const parts = [element("label", {}, [gettext("leads to"), target])];
    if (rule.targets.length > 1) {
      parts.push(element("label", { className: "narrow" }, [gettext("weight"), weight]));
      parts.push(this.#button(gettext("Remove"), () => this.#drop(rule.targets, index)));
    }
    return element("div", { className: "row" }, parts);
  }

  #control(condition, key, spoken, label, kind) {
    if (kind === "devices" || kind === "days") {
      const options = kind === "devices" ? DEVICES.map((one) => [one, one]) : DAYS.map((day, number) => [number, day]);
      const select = element("select", { multiple: true, size: 4, ariaLabel: spoken }, options.map(([value, text]) =>
        element("option", { value: String(value), textContent: text, selected: (condition[key] ?? []).includes(value) })));
      const values = () => [...select.selectedOptions].map(({ value }) => (kind === "days" ? Number(value) : value));
      select.addEventListener("change", () => this.#set(condition, key, values()));
      return element("label", {}, [label, select]);
    }
    const types = { clock: "time", moment: "datetime-local" };
    const shown = { words: () => (condition[key] ?? []).join(", "), moment: () => (condition[key] ?? "").slice(0, 16) };
    const input = element("input", { type: types[kind] ?? "text", value: (shown[kind] ?? (() => condition[key] ?? ""))() });
    const read = {
      words: () => input.value.split(",").map((word) => word.trim()).filter(Boolean),
      moment: () => (input.value ? `${input.value}:00Z` : null),
      optional: () => input.value || null,
    }[kind] ?? (() => input.value);
    input.addEventListener("input", () => this.#set(condition, key, read()));
    return element("label", {}, [label, input]);
  }

  #set(thing, key, value) {
    thing[key] = value;
    this.#store();
  }

  #drop(list, place) {
    list.splice(place, 1);
    this.#draw();
  }

  #button(words, act, disabled = false) {
    const button = element("button", { type: "button", className: "button quiet small", textContent: words, disabled });
    button.addEventListener("click", act);
    return button;
  }
}

function element(tag, properties, children = []) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
