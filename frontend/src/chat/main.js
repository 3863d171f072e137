// The chat page: makes the parts and ties them together.

import { address, get, getText, post } from "./api.js";
import { Asking } from "./asking.js";
import { showing } from "./attached.js";
import { Attachments } from "./attachments.js";
import { Branches } from "./branches.js";
import { callTools } from "./calls.js";
import { CompareChoice, comparisonTools } from "./compare.js";
import { Composer } from "./composer.js";
import { Drawer } from "./drawer.js";
import { dropping, linking, pasting, picking } from "./dropping.js";
import { decodeDelta } from "./frames.js";
import { tools } from "./message_view.js";
import { compose, Files } from "./files.js";
import { Flow } from "./flow.js";
import { Folders } from "./folders.js";
import { Gauges } from "./gauges.js";
import { leadHere } from "./here.js";
import { Knowledge } from "./knowledge.js";
import { Memory } from "./memory.js";
import { Menu } from "./menu.js";
import { Organize } from "./organize.js";
import { Outbox, uuid } from "./outbox.js";
import { pageKeys } from "./page_keys.js";
import { Place } from "./place.js";
import { local, remote } from "./providers.js";
import { Persona } from "./persona.js";
import { Ratings } from "./rating.js";
import { Remember } from "./remember.js";
import { Scroller } from "./scroller.js";
import { Search } from "./search.js";
import { Settings } from "./settings.js";
import { Sidebar } from "./sidebar.js";
import { showSiteNotices } from "./site_notices.js";
import { Connection } from "./socket.js";
import { seenBy } from "./seen.js";
import { HASH, Temporary } from "./temporary.js";
import { Thread } from "./thread.js";
import { gettext } from "../i18n.js";
import { notify } from "../notices/browser.js";
import { Toast } from "./toast.js";
import { Views } from "./views.js";
import { tellZone } from "./zone.js";

const STATES = {
  connecting: gettext("Connecting…"),
  open: "",
  waiting: gettext("Connection lost. Trying again…"),
  signed_out: gettext("Signed out."),
};
const ASK_STATUS = 20_000;

const byId = (id) => document.getElementById(id);
const root = byId("chat");
const data = root.dataset;
const urls = { create: data.urlCreate, list: data.urlList, rename: data.urlRename, delete: data.urlDelete, conversation: data.urlConversation };
const place = new Place(root);
const { conversation } = place;
let opened = 0;

const connection = new Connection(new URL(data.socket, location.href.replace(/^http/, "ws")).href, {
  opened() {
    thread.opened(opened++ > 0);
    gauges.opened();
    seen.look();
    asking.later.next();
    askStatus();
  },
  event(event) {
    if (event.type === "status") showStatus(event);
    else if (event.type === "conversation.changed") conversationChanged(event.conversation);
    else if (event.type === "conversation.deleted") sidebar.remove(event.conversation);
    else if (event.type === "conversation.unread") seen.news(event);
    else if (event.type === "list.changed") sidebar.reload();
    else if (event.type === "answer.ready") answerReady(event);
    else if (event.type === "message.rated") ratings.rated(event);
    else if (event.type === "artifacts.changed") made.event(event);
    else if (event.type !== "budget" && !temporary.event(event)) thread.event(event);
    if (event.type === "comparison.shown") compareChoice.clear();
    gauges.event(event);
    remember.heard(event);
  },
  delta: (frame) => thread.delta(decodeDelta(frame)),
  state(name) {
    data.connection = name;
    thread.showPending();
    byId("connection").textContent = STATES[name];
    if (name === "signed_out") location.reload();
  },
});

const outbox = new Outbox((frame) => connection.send(frame), window.sessionStorage);
const announce = (words) => (byId("announcer").textContent = words);
const thread = new Thread({ list: byId("messages"), comparison: byId("comparison"), connection, outbox, announce, conversation, thinkingUrl: data.urlThinking });
const writing = {
  submit(text, offline) {
    if (temporary.on) return temporary.submit(text);
    remember.look(text);
    return asking.submit(text, offline);
  },
  stop: () => thread.stop(),
  editLast: () => keys.actions.edit(),
};
const composer = new Composer(byId("composer"), writing, conversation, window.localStorage);
const scroller = new Scroller(byId("scroll"), byId("messages"), byId("to-end"));
const failed = (message) => composer.refuse(message);
const sidebar = new Sidebar({
  list: byId("rows"),
  urls,
  views: new Views(byId("view"), window.sessionStorage, JSON.parse(byId("shelf").textContent)),
  current: () => place.conversation,
  failed,
  deleted: () => location.assign(data.urlHome),
});
const toast = new Toast(byId("toast"));
const remember = new Remember(byId("remember"), { place, toast });
const seen = seenBy(connection, () => place.conversation, sidebar);
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
const drawer = new Drawer(root, sidebar, organize);
search.opened = () => drawer.reveal();
const settings = new Settings({
  form: byId("settings-form"),
  dialog: byId("settings"),
  opener: byId("settings-open"),
  select: byId("model"),
  url: data.urlSettings,
  conversation,
  changed: () => {
    askStatus();
    gauges.modelChosen();
    attachments.look();
  },
  failed,
});
const gauges = new Gauges({
  box: byId("gauges"),
  dialog: byId("memory"),
  field: byId("text"),
  urls: { context: data.urlContext, summarise: data.urlSummarise, summaries: data.urlSummaries, pin: data.urlPin, forget: data.urlForget },
  place,
  shown: () => thread.conversation,
  model: () => settings.model,
  send: (frame) => connection.send(frame),
  announce,
  show: (id) => (location.hash = `m-${id}`),
});
place.addEventListener("moved", () => gauges.read());

const asking = new Asking({
  place,
  urls,
  composer,
  thread,
  outbox,
  scroller,
  settings,
  connection,
  later: byId("later"),
  made: conversationChanged,
});
const temporary = new Temporary({
  root, thread, composer, settings, connection, scroller, drawer,
  banner: byId("temporary"),
  title: byId("title"),
  keepUrl: data.urlTemporaryKeep,
});
const compareChoice = new CompareChoice(byId("compare"));
asking.adds(() => compareChoice.fields());
asking.begun(async ({ id }) => {
  const { folder } = sidebar.views;
  if (folder) await post(data.urlKeep, { do: "move", conversations: [id], folder });
});

const files = byId("attachments");
const attachments = new Attachments({
  box: files,
  urls: data,
  most: { bytes: files.dataset.mostBytes, files: files.dataset.mostFiles, text: files.dataset.mostText },
  storage: window.localStorage,
  page: { model: () => settings.model, conversation: () => place.conversation, announce },
});
composer.beside = attachments;
attachments.addEventListener("changed", () => composer.offerSending());
place.addEventListener("moved", () => attachments.moved());
asking.adds(() => attachments.taken());
asking.returns((entry) => attachments.comeBack(entry.attachments));
const attach = (found) => temporary.refusesFiles() || attachments.add(found);
dropping(byId("main"), attach);
pasting(byId("text"), attach);
picking(byId("attach-file"), byId("attach-files"), attach);
picking(byId("attach-photo"), byId("attach-camera"), attach);
if (byId("attach-link-open")) linking(byId("attach-link-open"), byId("attach-link"), (url) => temporary.refusesFiles() || attachments.take({ source: "link", id: url, title: url }));
showing(byId("messages"), byId("attached"));

const fromSite = (kind, url) => (url ? [remote(kind, url, get)] : []);
const menu = new Menu({
  field: byId("text"),
  box: byId("menu"),
  providers: {
    "/": fromSite("prompt", data.urlPromptMenu),
    "@": [local("model", () => settings.models), ...fromSite("persona", data.urlPersonaMenu)],
    "#": [...fromSite("collection", data.urlCollectionMenu), ...fromSite("attach", data.urlAttachMenu)],
  },
  announce,
  failed,
});
const persona = new Persona({ chip: byId("persona"), data, place, toast });
const knowledge = new Knowledge({ data, place, toast });
const flow = new Flow(byId("flow"), {
  place,
  last: () => (thread.busy ? "" : (byId("messages").lastElementChild?.dataset.message ?? "")),
  answer(text) {
    asking.ask({ type: "send", request: uuid(), conversation: place.conversation, text, offline: "wait" });
    composer.text.focus();
  },
  failed,
});
menu.on("persona", (item) => persona.choose(item, composer.text, temporary.on));
menu.on("collection", (item) => knowledge.choose(item, composer.text, temporary.on));
menu.on("model", ({ id }) => settings.choose(id));
menu.on("attach", (item) => void (temporary.refusesFiles() || attachments.take(item)));
menu.on("prompt", async (item) => (await import(data.promptTools)).askVariables(item));

function showStatus(status) {
  showSiteNotices(status);
  composer.setStatus(status);
  settings.setModels(status.models);
  compareChoice.offer(status.models);
  gauges.setModels(status.models);
  attachments.setModels(status.models);
}

function askStatus() {
  connection.send({ type: "status", model: settings.model });
}

/** Tells of an answer in another conversation; in this one it is seen, and announced, as it comes. */
function answerReady({ conversation: where, title }) {
  notify(title || gettext("a conversation"), { url: address(urls.conversation, where), tag: where });
  if (where === place.conversation) return;
  byId("ready-link").href = address(urls.conversation, where);
  byId("ready-link").textContent = title || gettext("a conversation");
  byId("ready").hidden = false;
}

function conversationChanged(changed) {
  sidebar.show(changed);
  if (changed.id !== place.conversation) return;
  settings.show(changed);
  persona.changed(changed.persona);
  flow.changed(changed.flow);
  const title = changed.title || gettext("New conversation");
  byId("title").textContent = title;
  document.title = `${title} · MeatLizard`;
}

const made = new Files({
  box: byId("files"),
  opener: byId("files-open"),
  messages: byId("messages"),
  page: {
    conversation: () => place.conversation,
    temporary: () => temporary.on,
    compose: (before, after) => compose(byId("text"), before, after),
    failed,
    announce,
  },
});
thread.addEventListener("changed", () => {
  made.moved();
  composer.setBusy(thread.busy, thread.runs.stopping);
  byId("welcome").hidden = byId("messages").children.length > 0;
  scroller.follow();
  asking.later.next();
  flow.look();
});
const branches = new Branches({
  thread,
  urls: { show: data.urlShow, edit: data.urlEdit, remove: data.urlRemove, restore: data.urlRestore, fork: data.urlFork, source: data.urlSource },
  ask: (frame) => asking.ask(frame),
  offline: () => new FormData(byId("composer")).get("offline") ?? "wait",
  failed,
  toast,
});
const ratings = new Ratings({ find: (id) => thread.messages.find(id), url: data.urlRating, failed, announce });
const promptOf = ({ dataset }) => import(data.promptTools).then((prompts) => prompts.showRead(data.urlPromptRead, dataset.message)).catch((error) => failed(error.message));
const memory = new Memory({ urls: { pin: data.urlPin, edit: data.urlSummaryEdit, forget: data.urlForget }, confirm: byId("confirm"), failed });
const routeOf = (article, { dataset }) =>
  import(data.routeTools)
    .then((tools) => tools.showRoute(dataset, temporary.on ? [] : JSON.parse(byId("routes").textContent), (key) => branches.act("reroute", article, key)))
    .catch((error) => failed(error.message));
for (const id of ["messages", "comparison"]) callTools(byId(id), { url: data.urlCall, failed, announce });
const report = ({ dataset }) => location.assign(address(data.urlReport, dataset.message));
const others = { report, greet: () => persona.greet().catch((error) => failed(error.message)), rate: (article, button) => ratings.act(button.dataset.thumb, article), prompt: promptOf, route: routeOf, ...memory.verbs };
const act = (action, article, button) => (others[action] ? others[action](article, button) : branches.act(action, article));
const source = (id) => temporary.source(id) ?? getText(address(data.urlSource, id));
tools(byId("messages"), source, act);
const choose = comparisonTools(thread.comparison, {
  url: data.urlKeepAnswer,
  connection,
  kept: (head) => (head ? thread.turnTo(head) : thread.resync(true)),
  failed,
});
tools(byId("comparison"), source, (action, article, button) => {
  choose(action, article);
  act(action, article, button);
});
const keys = pageKeys({
  urls: { home: data.urlHome, source: data.urlSource },
  list: byId("messages"),
  box: byId("scroll"),
  field: byId("text"),
  search,
  drawer,
  thread,
  branches,
  toast,
  failed,
});
const showNamed = async () => (await branches.showNamed(location.hash)) && scroller.toNamed();
addEventListener("hashchange", showNamed);
showNamed();
byId("ready-close").addEventListener("click", () => (byId("ready").hidden = true));
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
flow.look();
if (location.hash === HASH) temporary.begin();
connection.connect();
leadHere(document.querySelectorAll("[data-here]"), place);
tellZone(data.urlZone, window.localStorage);
