// Why an answer took its route, and the others that it may be asked for. Loaded when somebody wants to know.

import { gettext, interpolate, number } from "../i18n.js";

const STAGES = {
  rules: gettext("Chosen by rules"),
  similarity: gettext("Chosen by likeness to examples"),
  model: gettext("Chosen by a model"),
  usual: gettext("The usual route"),
};

/** `told`: name, key, stage, reason and confidence as the answer's button has them. `choose` gets the key of another route. */
export function showRoute(told, routes, choose) {
  const dialog = element("dialog", { className: "dialog" });
  dialog.dataset.testid = "route-dialog";
  dialog.setAttribute("aria-labelledby", "route-title");
  dialog.append(
    element("h2", { id: "route-title", textContent: interpolate(gettext("Route: %s"), [told.name]) }),
    element("p", { textContent: summary(told) }),
  );
  const others = routes.filter(({ key }) => key !== told.key);
  if (others.length) dialog.append(menu(others, (key) => (dialog.close(), choose(key))));
  const actions = element("form", { className: "actions", method: "dialog" });
  actions.append(element("button", { className: "button", textContent: gettext("Close") }));
  dialog.append(actions);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function summary({ stage, reason, confidence }) {
  if (stage === "person") return reason;
  const sure = Number(confidence);
  const told = [STAGES[stage] ?? stage];
  if (sure > 0) told.push(interpolate(gettext("%s %% sure"), [number(Math.round(sure * 100))]));
  return `${told.join(", ")}. ${reason}`;
}

function menu(routes, choose) {
  const box = element("div", {});
  const list = element("ul", { className: "route-menu" });
  list.setAttribute("aria-labelledby", "route-others");
  for (const { key, name, description } of routes) {
    const button = element("button", { type: "button", className: "button quiet wide" });
    button.dataset.testid = "route-choice";
    button.dataset.route = key;
    button.append(element("strong", { textContent: name }), element("span", { className: "muted", textContent: description }));
    button.addEventListener("click", () => choose(key));
    const item = element("li", {});
    item.append(button);
    list.append(item);
  }
  box.append(element("h3", { id: "route-others", textContent: gettext("Answer with another route") }), list);
  return box;
}

const element = (name, properties) => Object.assign(document.createElement(name), properties);
