// On pages that are not the chat: says when an answer that was waited for is there.

import { address } from "../chat/api.js";
import { Connection } from "../chat/socket.js";
import { gettext } from "../i18n.js";
import { notify } from "./browser.js";

const box = document.getElementById("notice");
const { socket, urlConversation } = box.dataset;
const link = box.querySelector("a");

const connection = new Connection(new URL(socket, location.href.replace(/^http/, "ws")).href, {
  opened() {},
  event(event) {
    if (event.type !== "answer.ready") return;
    link.href = address(urlConversation, event.conversation);
    link.textContent = event.title || gettext("a conversation");
    box.hidden = false;
    notify(link.textContent, { url: link.href, tag: event.conversation });
  },
  delta() {},
  state() {},
});
box.querySelector("button").addEventListener("click", () => (box.hidden = true));
addEventListener("online", () => connection.hurry());
document.addEventListener("visibilitychange", () => document.hidden || connection.hurry());
connection.connect();
