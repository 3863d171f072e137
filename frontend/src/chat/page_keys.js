// What the keys of shortcuts.js do on this page.

import { address, getText } from "./api.js";
import { gettext } from "../i18n.js";
import { copy } from "./copy.js";
import { Keys } from "./keys.js";
import { lastOf, step } from "./walk.js";

const byId = (id) => document.getElementById(id);

export function pageKeys({ urls, list, box, field, search, drawer, thread, branches, toast, failed }) {
  const act = (action, role) => {
    const article = lastOf(list, role);
    return article ? void branches.act(action, article) : false;
  };
  const copied = async (text, words) => {
    try {
      await copy(text);
      toast.show(words);
    } catch (error) {
      failed(error.message);
    }
  };
  const actions = {
    search: () => search.open(),
    create: () => location.assign(urls.home),
    write: () => field.focus(),
    next: () => step(box, list, 1),
    previous: () => step(box, list, -1),
    copyAnswer() {
      const article = lastOf(list, "assistant");
      if (!article?.dataset.message) return false;
      copied(getText(address(urls.source, article.dataset.message)), gettext("The last answer was copied."));
    },
    copyCode() {
      const pre = [...list.querySelectorAll("pre")].at(-1);
      if (!pre) return false;
      copied(pre.textContent, gettext("The last block of code was copied."));
    },
    regenerate: () => act("regenerate", "assistant"),
    edit: () => act("edit", "user"),
    stop() {
      if (thread.busy) return void thread.stop();
      if (document.activeElement !== field) return false;
      // From here keys of one letter work.
      box.focus({ preventScroll: true });
    },
    sidebar: () => drawer.toggle(),
    settings: () => byId("settings-open").click(),
  };
  return new Keys({ dialog: byId("shortcuts"), opener: byId("shortcuts-open"), actions, storage: window.localStorage });
}
