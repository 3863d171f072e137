// The chat page: makes the parts and ties them together.

import { address, post } from "./api.js";
import { Branches } from "./branches.js";
import { Composer } from "./composer.js";
import { decodeDelta } from "./frames.js";
import { tools } from "./message_view.js";
import { Folders } from "./folders.js";
import { Later } from "./later.js";
import { Organize } from "./organize.js";
import { Outbox, uuid } from "./outbox.js";
import { Scroller } from "./scroller.js";
import { Search } from "./search.js";
import { Settings } from "./settings.js";
import { Sidebar } from "./sidebar.js";
import { Connection } from "./socket.js";
import { seenBy } from "./seen.js";
import { Thread } from "./thread.js";
import { Toast } from "./toast.js";
import { Views } from "./views.js";

const STATES = { connecting: "Connecting…", open: "", waiting: "Connection lost. Trying again…", signed_out: "Signed out." };
const ASK_STATUS = 20_000;
const HOLDS = { cancelled: "Held, since the answer was stopped.", failed: "Held, since the answer failed." };

const byId = (id) => document.getElementById(id);
const root = byId("chat");
const data = root.dataset;
const urls = { create: data.urlCreate, list: data.urlList, rename: data.urlRename, delete: data.urlDelete, conversation: data.urlConversation };
let conversation = data.conversation || null;
let opened = 0;
let shownPath = location.pathname;

const connection = new Connection(new URL(data.socket, location.href.replace(/^http/, "ws")).href, {
  opened() {
    thread.opened(opened++ > 0);
    seen.look();
    later.next();
    askStatus();
  },
  event(event) {
    if (event.type === "status") showStatus(event);
    else if (event.type === "conversation.changed") conversationChanged(event.conversation);
    else if (event.type === "conversation.deleted") sidebar.remove(event.conversation);
    else if (event.type === "conversation.unread") seen.news(event);
    else if (event.type === "list.changed") sidebar.reload();
    else if (event.type === "answer.ready") answerReady(event);
    else thread.event(event);
  },
  delta: (frame) => thread.delta(decodeDelta(frame)),
  state(name) {
    data.connection = name;
    byId("connection").textContent = STATES[name];
    if (name === "signed_out") location.reload();
  },
});

const outbox = new Outbox((frame) => connection.send(frame), window.sessionStorage);
const announce = (words) => (byId("announcer").textContent = words);
const thread = new Thread({ list: byId("messages"), connection, outbox, announce, conversation, thinkingUrl: data.urlThinking });
const composer = new Composer(byId("composer"), { submit, stop: () => thread.stop() }, conversation, window.localStorage);
const scroller = new Scroller(byId("scroll"), byId("messages"), byId("to-end"));
const failed = (message) => composer.refuse(message);
const sidebar = new Sidebar({
  list: byId("rows"),
  urls,
  views: new Views(byId("view"), window.sessionStorage, JSON.parse(byId("shelf").textContent)),
  current: () => conversation,
  failed,
  deleted: () => location.assign(data.urlHome),
});
const toast = new Toast(byId("toast"));
const seen = seenBy(connection, () => conversation, sidebar);
const organize = new Organize({ dialog: byId("organize"), confirm: byId("confirm"), url: data.urlKeep, sidebar, views: sidebar.views, toast, failed });
new Folders({
  dialog: byId("folders"),
  confirm: byId("confirm"),
  opener: byId("folders-open"),
  urls: { folders: data.urlFolders, folder: data.urlFolder, folderDelete: data.urlFolderDelete },
  views: sidebar.views,
  sidebar,
});
const search = new Search({
  box: byId("search"),
  list: byId("search-results"),
  rest: [byId("rows"), byId("rows-empty")],
  note: byId("search-note"),
  url: byId("search").dataset.url,
  announce,
});
search.opened = () => matchMedia("(max-width: 52rem)").matches && showSidebar(true);
const settings = new Settings({
  form: byId("settings-form"),
  dialog: byId("settings"),
  opener: byId("settings-open"),
  select: byId("model"),
  url: data.urlSettings,
  conversation,
  changed: askStatus,
  failed,
});

let starting = null;
const later = new Later(
  byId("later"),
  window.localStorage,
  {
    ready: () => conversation && data.connection === "open" && !thread.busy,
    underWay: (request) => outbox.get(request) !== undefined,
    send: (entry) => ask({ type: "send", conversation, ...entry }),
  },
  conversation,
);
later.hold(HOLDS[byId("messages").lastElementChild?.dataset.state] ?? "");

async function submit(text, offline) {
  try {
    if (!conversation) await (starting ??= start().finally(() => (starting = null)));
    if (thread.busy || later.entries.length) {
      later.add(text, offline);
      later.next();
      return;
    }
  } catch (error) {
    composer.refuse(error.message, text);
    return;
  }
  ask({ type: "send", request: uuid(), conversation, text, offline });
}

async function start() {
  const made = await post(urls.create);
  const { folder } = sidebar.views;
  if (folder) await post(data.urlKeep, { do: "move", conversations: [made.conversation.id], folder });
  const stored = await settings.moveTo(made.conversation);
  conversation = thread.conversation = data.conversation = stored.id;
  composer.moveTo(conversation);
  later.conversation = conversation;
  history.pushState(null, "", made.url);
  shownPath = location.pathname;
  conversationChanged(stored);
  connection.send({ type: "open", conversation });
}

function ask(frame) {
  composer.refuse("");
  outbox.add(frame, conversation);
  thread.addPending(frame);
  scroller.toEnd();
}

function showStatus(status) {
  composer.setStatus(status);
  settings.setModels(status.models);
}

function askStatus() {
  connection.send({ type: "status", model: settings.model });
}

/** Tells of an answer in another conversation; in this one it is seen, and announced, as it comes. */
function answerReady({ conversation: place, title }) {
  if (place === conversation) return;
  byId("ready-link").href = address(urls.conversation, place);
  byId("ready-link").textContent = title || "a conversation";
  byId("ready").hidden = false;
}

function conversationChanged(changed) {
  sidebar.show(changed);
  if (changed.id !== conversation) return;
  settings.show(changed);
  byId("title").textContent = changed.title || "New conversation";
  document.title = `${changed.title || "New conversation"} · MeatLizard`;
}

thread.addEventListener("changed", () => {
  composer.setBusy(thread.busy, thread.runs.stopping);
  byId("welcome").hidden = byId("messages").children.length > 0;
  scroller.follow();
  later.next();
});
thread.addEventListener("refused", ({ detail }) => {
  const waits = detail.frame && later.has(detail.frame.request);
  composer.refuse(detail.message, waits ? "" : detail.frame?.text);
  if (waits) later.hold("The site refused the first of these for now.");
});
thread.addEventListener("stored", ({ detail }) => later.remove(detail));
thread.addEventListener("ended", ({ detail }) => HOLDS[detail] && later.hold(HOLDS[detail]));
const branches = new Branches({
  thread,
  urls: { show: data.urlShow, edit: data.urlEdit, remove: data.urlRemove, restore: data.urlRestore, fork: data.urlFork, source: data.urlSource },
  ask,
  offline: () => new FormData(byId("composer")).get("offline") ?? "wait",
  failed,
  toast,
});
tools(byId("messages"), data.urlSource, (action, article) => branches.act(action, article));
const showNamed = async () => (await branches.showNamed(location.hash)) && scroller.toNamed();
addEventListener("hashchange", showNamed);
showNamed();
byId("sidebar-toggle").addEventListener("click", () => showSidebar(!root.classList.contains("sidebar-open")));
byId("sidebar-close").addEventListener("click", () => showSidebar(false));
byId("sidebar").addEventListener("keydown", (event) => event.key === "Escape" && !event.defaultPrevented && showSidebar(false));

function showSidebar(open) {
  root.classList.toggle("sidebar-open", open);
  byId("sidebar-toggle").setAttribute("aria-expanded", String(open));
  (open ? byId("sidebar-close") : byId("sidebar-toggle")).focus();
}

byId("choose").addEventListener("click", () => {
  const on = byId("chosen").hidden;
  byId("chosen").hidden = !on;
  byId("choose").setAttribute("aria-pressed", String(on));
  byId("choose").textContent = on ? "Done" : "Select";
  sidebar.choosing(on);
});
byId("choose-all").addEventListener("click", () => sidebar.chooseAll());
byId("chosen-organize").addEventListener("click", () => organize.open(sidebar.chosen));
sidebar.addEventListener("chosen", () => {
  byId("chosen-count").textContent = `${sidebar.chosen.length} chosen`;
  byId("chosen-organize").disabled = !sidebar.chosen.length;
});

byId("ready-close").addEventListener("click", () => (byId("ready").hidden = true));
addEventListener("popstate", () => {
  // A link to a message of this conversation changes only what follows the "#".
  if (location.pathname !== shownPath) location.reload();
});
addEventListener("online", () => connection.hurry());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  connection.hurry();
  seen.look();
  askStatus();
});
setInterval(() => document.hidden || askStatus(), ASK_STATUS);
setInterval(() => thread.tick(), 1000);

showStatus(JSON.parse(byId("status").textContent));
composer.setBusy(thread.busy, thread.runs.stopping);
connection.connect();
