// Uploads of the library: where files come from, what is said before they go, a few at once, and what becomes of them when something fails.
import assert from "node:assert/strict";
import { test } from "node:test";
import { before, collisions } from "../../frontend/src/files/upload/asking.js";
import { fingerprint, groups, match } from "../../frontend/src/files/upload/matching.js";
import { plan } from "../../frontend/src/files/upload/plan.js";
import { AT_ONCE, Queue, SMALL_AT_ONCE } from "../../frontend/src/files/upload/queue.js";
import { dropped, pasted, picked, reopened } from "../../frontend/src/files/upload/sources.js";
import { Speed } from "../../frontend/src/files/upload/speed.js";
import { refusalOf } from "../../frontend/src/files/upload/transfer.js";
import { summary, time } from "../../frontend/src/files/upload/words.js";

const file = (name, size = 10, lastModified = 1) => ({ name, size, lastModified, type: "text/plain" });

// --- where they come from ---

const fileEntry = (name) => ({ name, isDirectory: false, file: (give) => give(file(name)) });

function folderEntry(name, children, piece = 100) {
  return {
    name, isDirectory: true,
    createReader: () => {
      let at = 0;
      return { readEntries: (give) => give(children.slice(at, (at += piece))) };
    },
  };
}

const item = (entry) => ({ kind: "file", webkitGetAsEntry: () => entry, getAsFile: () => (entry.isDirectory ? file(entry.name, 4096) : file(entry.name)) });

test("a dropped folder comes whole, however many entries its pieces have, and keeps its ways", async () => {
  const many = Array.from({ length: 250 }, (_, number) => fileEntry(`${number}.txt`));
  const found = await dropped({ items: [item(folderEntry("photos", [folderEntry("2024", many), fileEntry("a.txt")])), item(fileEntry("b.txt"))] });
  assert.equal(found.length, 252);
  assert.deepEqual([found[0].path, found[249].path, found[250].path, found[251].path], ["photos/2024/0.txt", "photos/2024/249.txt", "photos/a.txt", "b.txt"]);
});

test("an entry that cannot be read keeps nobody else's from coming", async () => {
  const gone = { name: "gone", isDirectory: false, file: (_give, fail) => fail(new Error("gone")) };
  const found = await dropped({ items: [item(folderEntry("box", [gone, fileEntry("here")]))] });
  assert.deepEqual(found.map(({ path }) => path), ["box/here"]);
});

test("everything of a drop is asked for before the first wait, since later it is empty", async () => {
  let open = true;
  const within = (entry) => ({ kind: "file", webkitGetAsEntry: () => (open ? entry : null), getAsFile: () => (open ? file(entry.name) : null), getAsFileSystemHandle: async () => ({ kind: "file" }) });
  const waiting = dropped({ items: [within(fileEntry("a")), within(fileEntry("b"))] });
  open = false;
  assert.deepEqual((await waiting).map(({ path, handle }) => [path, handle.kind]), [["a", "file"], ["b", "file"]]);
});

test("a browser without entries gives the files themselves; dragged text gives none", async () => {
  assert.deepEqual((await dropped({ items: null, files: [file("a")] })).map(({ path }) => path), ["a"]);
  assert.deepEqual(await dropped({ items: [{ kind: "string" }], files: [] }), []);
});

test("a picked folder brings its ways, and the field is emptied", () => {
  const input = { files: [{ ...file("a"), webkitRelativePath: "box/a" }, file("b")], value: "C:\\fakepath\\a" };
  assert.deepEqual(picked(input).map(({ path }) => path), ["box/a", "b"]);
  assert.equal(input.value, "");
});

test("a pasted picture is named by its time, and a table is text", () => {
  const now = new Date("2026-01-02T03:04:05Z");
  assert.deepEqual(pasted({ clipboardData: { files: [file("image.png"), file("x.pdf")], types: ["Files"] } }, now).map(({ path }) => path), ["2026-01-02 03-04-05.png", "x.pdf"]);
  assert.deepEqual(pasted({ clipboardData: { files: [file("image.png")], types: ["text/plain", "Files"] } }, now), []);
  assert.deepEqual(pasted({}), []);
});

test("a kept folder opens the file at its way, and none without leave", async () => {
  const inner = { getFileHandle: async (name) => ({ getFile: async () => file(name) }) };
  const handle = { kind: "directory", queryPermission: async () => "prompt", requestPermission: async () => "granted", getDirectoryHandle: async (name) => (assert.equal(name, "2024"), inner) };
  assert.equal((await reopened({ handle, path: "photos/2024/a.txt" })).name, "a.txt");
  assert.equal(await reopened({ handle: { ...handle, requestPermission: async () => "denied" }, path: "photos/2024/a.txt" }), null);
});

// --- before they go ---

test("what is too large, blocked or beyond the room is refused before the first byte, the rest goes", () => {
  const items = [["big", 101], ["a", 40], ["setup.EXE", 1], ["setup.exe. ", 1], ["b", 40], ["c", 30], ["d", 20]].map(([path, size]) => ({ path, file: file(path, size) }));
  const { ready, refused } = plan(items, { most: 100, left: 100, blocked: ["exe"], count: null });
  assert.deepEqual(ready.map(({ path }) => path), ["a", "b", "d"]);
  assert.deepEqual(refused.map(({ item: { path } }) => path), ["big", "setup.EXE", "setup.exe. ", "c"]);
  assert.match(refused[0].why, /101 bytes.*100 bytes/);
  assert.match(refused[1].why, /\.exe/);
  assert.match(refused[3].why, /room for 20 bytes/);
});

test("without limits everything goes, and a count holds", () => {
  const items = ["a", "b", "c"].map((path) => ({ path, file: file(path, 1e12) }));
  assert.equal(plan(items, {}).ready.length, 3);
  assert.deepEqual(plan(items, { count: 2 }).refused.map(({ item: { path } }) => path), ["c"]);
});

test("the site is asked about a thousand names at a time, and uploads begin without its word when it is away", async () => {
  const asked = [];
  const fetching = async (_url, { body }) => {
    const { paths } = JSON.parse(body);
    asked.push(paths.length);
    return { ok: true, json: async () => ({ taken: paths.slice(0, 1), most: 5, left: 7, blocked: [] }) };
  };
  const paths = Array.from({ length: 1500 }, (_, number) => `${number}`);
  assert.deepEqual(await before("/x", "", paths, { headers: {} }, fetching), { taken: ["0", "1000"], most: 5, left: 7, blocked: [] });
  assert.deepEqual(asked, [1000, 500]);
  assert.equal(await before("/x", "", ["a"], { headers: {} }, async () => ({ ok: false })), null);
  assert.equal(await before("/x", "", ["a"], { headers: {} }, async () => { throw new TypeError("offline"); }), null);
});

function dialog(answers) {
  const parts = { text: {}, rest: {}, all: { checked: false, closest: () => parts.line }, line: {} };
  return {
    asked: [], returnValue: "",
    querySelector: (found) => (found === "[name=all]" ? parts.all : parts[found.slice(12, -2)]),
    showModal() {
      this.asked.push(parts.text.textContent);
      const [verb, all] = answers.shift();
      queueMicrotask(() => {
        this.returnValue = verb;
        parts.all.checked = all;
        this.close();
      });
    },
    addEventListener(_type, close) {
      this.close = close;
    },
  };
}

test("each taken name is asked about, until one answer is for all; Escape wants none of it", async () => {
  const asking = dialog([["replace", false], ["skip", true]]);
  assert.deepEqual([...(await collisions(asking, ["a", "b", "c"]))], [["a", "replace"], ["b", "skip"], ["c", "skip"]]);
  assert.equal(asking.asked.length, 2);
  assert.equal(await collisions(dialog([["keep", false], ["", false]]), ["a", "b"]), null);
});

// --- the queue ---

function scene({ online = true } = {}) {
  const sends = [];
  const clock = { at: null };
  const state = { online };
  const queue = new Queue({
    send: (one, tell) => {
      const transfer = { item: one, tell, aborted: false, abort: () => (transfer.aborted = true) };
      sends.push(transfer);
      return transfer;
    },
    online: () => state.online,
    later: (work) => ((clock.at = work), 1),
    cancelLater: () => (clock.at = null),
  });
  const told = [];
  for (const type of ["stored", "failed", "settled", "halted", "dropped"]) queue.addEventListener(type, ({ detail }) => told.push([type, detail?.path ?? detail]));
  return { queue, sends, told, state, wake: () => clock.at?.() };
}

const items = (count, size = 10) => Array.from({ length: count }, (_, number) => ({ file: file(`${number}`, size), path: `${number}`, id: `${number}` }));

test("large files go three at once, small ones six, and each end begins the next", () => {
  const large = scene();
  large.queue.add(items(10, 5_000_000));
  assert.equal(large.sends.length, AT_ONCE);
  large.sends[0].tell.done("");
  assert.equal(large.sends.length, AT_ONCE + 1);
  const small = scene();
  small.queue.add(items(10));
  assert.equal(small.sends.length, SMALL_AT_ONCE);
});

test("a thousand small files all arrive, once each, and the sums are right", () => {
  const { queue, sends, told } = scene();
  queue.add(items(1000));
  for (let at = 0; at < sends.length; at++) {
    sends[at].tell.progress(5);
    sends[at].tell.done("");
  }
  assert.equal(new Set(sends.map(({ item: { path } }) => path)).size, 1000);
  assert.equal(sends.length, 1000);
  assert.deepEqual([queue.sent, queue.bytes, queue.counts.done, queue.isBusy], [10_000, 10_000, 1000, false]);
  assert.deepEqual(told.filter(([type]) => type === "settled").length, 1);
});

test("a paused file stops, frees its place, and goes on where the site has it", () => {
  const { queue, sends } = scene();
  queue.add(items(7));
  sends[0].tell.address("/u/0");
  sends[0].tell.progress(4);
  queue.pause(sends[0].item);
  assert.deepEqual([sends[0].aborted, sends[0].item.state, sends.length], [true, "paused", 7]);
  // What was on the wire when it was stopped counts no more.
  sends[0].tell.progress(9);
  sends[0].tell.done("");
  assert.deepEqual([sends[0].item.sent, sends[0].item.state], [4, "paused"]);
  for (const one of sends.slice(1)) one.tell.done("");
  queue.resume(sends[0].item);
  assert.deepEqual([sends[7].item.path, sends[7].item.url], ["0", "/u/0"]);
});

test("a cancelled file is gone from the sums, and the site is to delete what it has", () => {
  const { queue, sends, told } = scene();
  queue.add(items(2));
  sends[0].tell.progress(7);
  queue.cancel(sends[0].item);
  assert.deepEqual([sends[0].aborted, queue.bytes, queue.sent, queue.size], [true, 10, 0, 1]);
  assert.deepEqual(told, [["dropped", "0"]]);
  sends[1].tell.done("");
  queue.cancel(sends[1].item);
  assert.equal(told.filter(([type]) => type === "dropped").length, 1);
});

test("while the site is away one file tries again and again; once it answers, all go on", () => {
  const { queue, sends, wake } = scene();
  queue.add(items(8));
  sends[0].tell.failed({ kind: "unreachable", words: "" });
  assert.deepEqual([queue.isLost, queue.counts.sending, queue.counts.waiting, queue.counts.failed], [true, 0, 8, 0]);
  wake();
  assert.equal(sends.length, 7);
  sends[6].tell.failed({ kind: "unreachable", words: "" });
  wake();
  assert.equal(sends.length, 8);
  sends[7].tell.address("/u/x");
  assert.deepEqual([queue.isLost, queue.counts.sending], [false, 6]);
});

test("offline nothing begins, and everything when the network is back", () => {
  const { queue, sends, state } = scene({ online: false });
  queue.add(items(3));
  assert.equal(sends.length, 0);
  state.online = true;
  queue.back();
  assert.equal(sends.length, 3);
});

test("a refusal of one file lets the others go; one that holds for all stops them until the person goes on", () => {
  const { queue, sends, told } = scene();
  queue.add(items(8));
  sends[0].tell.failed({ kind: "refused", words: "too large" });
  assert.equal(sends.length, 7);
  sends[1].tell.failed({ kind: "full", words: "no room" });
  assert.deepEqual([queue.held, queue.counts.sending, queue.counts.waiting, queue.counts.failed], [true, 0, 6, 2]);
  assert.deepEqual(told, [["failed", "0"], ["failed", "1"], ["halted", "no room"]]);
  queue.resumeAll();
  assert.equal(queue.counts.sending, 6);
  queue.retryFailed();
  assert.deepEqual([queue.counts.failed, sends[0].item.words], [0, ""]);
});

test("what was refused before it began is listed, and cannot be tried", () => {
  const { queue } = scene();
  queue.refuse({ file: file("x"), path: "x" }, "too large");
  queue.retryFailed();
  assert.deepEqual([queue.counts.failed, queue.bytes], [1, 0]);
  queue.clearDone();
  assert.equal(queue.size, 0);
});

test("a transfer that tells at once, before it is handed back, is heard", () => {
  const queue = new Queue({ send: (_item, tell) => (tell.done("/files/1"), { abort: () => {} }), online: () => true });
  queue.add(items(3));
  assert.deepEqual(queue.items.map(({ state, location }) => [state, location]), Array(3).fill(["done", "/files/1"]));
});

// --- after a reload ---

const left = (path, size = 10, more = {}) => ({ id: path, path, folder: "", size, modified: 1, sent: 0, ...more });

test("chosen again, a file goes on; one that has changed is another", () => {
  const records = [left("a"), left("box/b"), left("box/c")];
  const { matched, others } = match(records, [{ path: "a", file: file("a") }, { path: "box/b", file: file("b", 11) }, { path: "box/c", file: file("c", 10, 2) }, { path: "new", file: file("new") }]);
  assert.deepEqual(matched.map(({ record }) => record.path), ["a"]);
  assert.deepEqual(others.map(({ path }) => path), ["box/b", "box/c", "new"]);
});

test("the files of a folder are asked for together, others one by one", () => {
  const found = groups([left("a", 10, { sent: 5 }), left("a2"), left("box/b", 10, { sent: 3 }), left("box/in/c")]);
  assert.deepEqual(found.map(({ name, isFolder, size, sent, records }) => [name, isFolder, size, sent, records.length]), [["a", false, 10, 5, 1], ["a2", false, 10, 0, 1], ["box", true, 20, 3, 2]]);
});

test("the same file into another folder, or of another person, is another upload", () => {
  const base = { owner: "1", folder: "f", path: "a", file: file("a") };
  const all = [base, { ...base, owner: "2" }, { ...base, folder: "g" }, { ...base, path: "b" }, { ...base, file: file("a", 11) }].map(fingerprint);
  assert.equal(new Set(all).size, 5);
  assert.equal(fingerprint(base), fingerprint({ ...base }));
});

// --- figures and words ---

test("speed is what was sent in the last seconds, and unknown before that was measured", () => {
  let now = 0;
  const speed = new Speed(() => now);
  assert.equal(speed.rate, null);
  speed.note(0);
  now = 1000;
  speed.note(1000);
  assert.equal(speed.left(500), null);
  now = 2000;
  speed.note(2000);
  assert.equal(speed.rate, 1000);
  assert.equal(speed.left(500), 0.5);
  for (now = 3000; now <= 30_000; now += 1000) speed.note(2000);
  now = 30_000;
  assert.equal(speed.left(1), null, "nothing goes any more: nobody knows how long");
  speed.forget();
  assert.equal(speed.rate, null);
});

test("one line says all", () => {
  const all = { total: 3, done: 1, failed: 1, sent: 1_500_000, bytes: 3_000_000, rate: 500_000, left: 3, state: "sending" };
  assert.equal(summary(all), "1 of 3 files · 1.5 MB of 3 MB · 1 failed · 500 KB a second · 3 seconds left");
  assert.equal(summary({ ...all, failed: 0, state: "held" }), "1 of 3 files · 1.5 MB of 3 MB");
  assert.deepEqual([1, 45, 300, 7200].map(time), ["a moment", "45 seconds", "5 minutes", "2 hours"]);
});

// --- what the site says ---

const answer = (status, body = "", headers = {}) => ({ getStatus: () => status, getBody: () => (typeof body === "string" ? body : JSON.stringify(body)), getHeader: (name) => headers[name] });
const refused = (code, message) => ({ error: { code, message } });

test("refusals are told apart: of a file, of all, of nobody", () => {
  const kinds = [
    [null, "unreachable"], [answer(503), "unreachable"], [answer(423), "unreachable"], [answer(409), "unreachable"], [answer(502, "<html>bad"), "unreachable"],
    [answer(401, refused("unauthenticated", "Sign in.")), "signed-out"], [answer(403, "<html>"), "signed-out"], [answer(403, refused("suspended", "x")), "refused"],
    [answer(413, refused("storage_full", "x")), "full"], [answer(507), "full"], [answer(413, refused("too_large", "x")), "refused"], [answer(413, "<html>nginx"), "refused"],
    [answer(429, refused("limit_reached", "x"), { "Retry-After": "7" }), "slow"],
  ];
  for (const [originalResponse, kind] of kinds) assert.equal(refusalOf({ originalResponse }).kind, kind, `${originalResponse?.getStatus()}`);
  assert.equal(refusalOf({ originalResponse: kinds[12][0] }).wait, 7);
  assert.equal(refusalOf({ originalResponse: answer(413, "<html>nginx") }).words, "This file is larger than the site takes.");
  assert.equal(refusalOf({ originalResponse: answer(401, refused("unauthenticated", "Sign in.")) }).words, "Sign in.");
});

test("a site that cannot say how much it has is not asked to begin anew", () => {
  assert.equal(refusalOf({ causingError: { response: answer(503) } }).kind, "unreachable");
  assert.equal(refusalOf({ causingError: { response: answer(401) } }).kind, "signed-out");
});
