// What the player knows without a browser: moments, captions, keys, fingers, where one left off.

import assert from "node:assert/strict";
import { test } from "node:test";

const at = "../../frontend/src/video/player/";
const { clock, parseTime } = await import(`${at}time.js`);
const { cueTree, parseVtt } = await import(`${at}vtt.js`);
const { cleanStyle, cuesAt, firstCaptions, placesOf, STYLE } = await import(`${at}captions.js`);
const { Storyboard } = await import(`${at}storyboard.js`);
const { Loop } = await import(`${at}loop.js`);
const { commandFor } = await import(`${at}keyboard.js`);
const { Gestures } = await import(`${at}gestures.js`);
const { Kept, startAt, Watched } = await import(`${at}resume.js`);
const { OFF, Preferences } = await import(`${at}preferences.js`);
const { Renewal } = await import(`${at}renewal.js`);
const { reachesEnd } = await import(`${at}engine_hls.js`);
const { openEngine, source } = await import(`${at}engine.js`);
const { sizeOf } = await import(`${at}naming.js`);
const { arrived, coming, Waiting } = await import(`${at}waiting.js`);
const { qualityLabel, shareAddress } = await import(`${at}pages.js`);
const { fileName } = await import(`${at}screenshot.js`);
const { buffered } = await import(`${at}stats.js`);
const { chapterAt } = await import(`${at}seekbar.js`);
const { words } = await import(`${at}errors.js`);
const { doings } = await import(`${at}sheet.js`);
const { KEYS } = await import(`${at}keyboard.js`);

function storage(kept = {}) {
  return { kept, getItem: (key) => kept[key] ?? null, setItem: (key, value) => (kept[key] = value) };
}

test("moments are written and read as addresses have them", () => {
  assert.deepEqual([clock(0), clock(83), clock(3723), clock(5, 4000), clock(NaN)], ["0:00", "1:23", "1:02:03", "0:00:05", "0:00"]);
  const read = { 90: 90, "90.5": 90.5, "90s": 90, "1:30": 90, "1:02:03": 3723, "1m30s": 90, "1h2m3s": 3723, "2h": 7200 };
  for (const [text, seconds] of Object.entries(read)) assert.equal(parseTime(text), seconds, text);
  for (const text of ["", "x", "-5", "1:3", "1e9", "NaN", "::", null, undefined, "9".repeat(40)]) assert.equal(parseTime(text), null, String(text));
});

test("captions are read, and what is broken within is left out", () => {
  const cues = parseVtt("\uFEFFWEBVTT - title\r\n\r\nNOTE no cue\r\n\r\n2\r\n00:02.000 --> 00:03.500 line:10% align:start\r\nTwo\r\nlines\r\n\r\n00:01.000 --> 00:00.500\nbackwards\n\n00:00.000 --> 00:01.000\nOne");
  assert.deepEqual(cues.map(({ start, end, text }) => [start, end, text]), [[0, 1, "One"], [2, 3.5, "Two\nlines"]]);
  assert.deepEqual(cues[1].settings, { line: 10, row: null, position: null, size: null, align: "start" });
  assert.deepEqual(parseVtt("1\n00:00:00,000 --> 00:00:01,000\nSubRip"), []);
  assert.deepEqual(cuesAt(cues, 1), [], "an end is not part of it");
  assert.equal(cuesAt(cues, 2)[0].text, "Two\nlines");
});

test("a cue is a tree of a few tags, and hostile ones are text or nothing", () => {
  assert.deepEqual(cueTree("<v Ann>Hi <b>you</b> &amp; <c.red>me</c></v>"), ["Hi ", { tag: "b", children: ["you"] }, " & ", "me"]);
  assert.deepEqual(cueTree("<script>alert(1)</script><img src=x onerror=alert(1)>&lt;b>"), ["alert(1)", "<b>"]);
  assert.equal(JSON.stringify(cueTree("<b>".repeat(1000))).match(/"tag"/g).length, 15);
});

test("a style from storage that somebody has edited is cleaned", () => {
  assert.deepEqual(cleanStyle({ size: "9e9", colour: "url(x)", background: -1, edge: {}, place: "left" }), STYLE);
  assert.deepEqual(cleanStyle(undefined), STYLE);
  assert.equal(cleanStyle({ size: 200 }).size, 200);
});

test("a storyboard finds the picture of a moment", () => {
  const board = new Storyboard("WEBVTT\n\n00:00.000 --> 00:05.000\n0.jpg#xywh=0,0,160,90\n\n00:05.000 --> 00:10.000\n0.jpg#xywh=160,0,160,90\n\n00:10.000 --> 00:15.000\njavascript:alert(1)#xywh=0,0,1,1\n", "https://a.example/v/x/storyboard.vtt");
  assert.equal(board.size, 2);
  assert.deepEqual([board.at(0).x, board.at(4.99).x, board.at(5).x, board.at(99).x], [0, 0, 160, 160]);
  assert.equal(board.at(0).url, "https://a.example/v/x/0.jpg");
  assert.equal(new Storyboard("", "https://a.example/").at(3), null);
});

test("upright and very wide videos are called by the size that was made", () => {
  assert.deepEqual([sizeOf("1080p", 1920, 800), sizeOf("720p-av1", 720, 1280), sizeOf("", 720, 1280), sizeOf("", 0, 360)], [1080, 720, 720, 360]);
});

test("lines that are counted stand where WebVTT has them, and none over another", () => {
  const at = (settings) => {
    const { line, row } = parseVtt(`WEBVTT\n\n00:00.000 --> 00:01.000 ${settings}\nA`)[0].settings;
    return row ?? (line === null ? null : `${line}%`);
  };
  assert.deepEqual(["line:0", "line:2", "line:-1", "line:-2,end", "line:999", "line:90%", "line:x", ""].map(at), [0, 2, -1, -2, 14, "90%", null, null]);
  const cue = (settings, text = "A") => ({ text, settings: { line: null, row: null, ...settings } });
  const said = [cue({ row: 0 }, "A\nB"), cue({ row: 0 }), cue({}), cue({ row: -1 }), cue({ row: -1 }), cue({ line: 80 })];
  assert.deepEqual(placesOf(said), [
    ["top", "calc(0% + 0.00em)"], ["top", "calc(0% + 2.90em)"], null, ["bottom", "calc(0% + 0.00em)"], ["bottom", "calc(0% + 1.45em)"], ["bottom", "calc(20% + 0.00em)"],
  ]);
});

test("captions are shown by themselves unless somebody wants others, or none", () => {
  const [en, de] = [{ language: "en", label: "English" }, { language: "de", label: "Deutsch", default: true }];
  assert.deepEqual(["", "en", "Deutsch", "fr", OFF].map((wanted) => firstCaptions([en, de], wanted)), [de, en, de, de, null]);
  assert.equal(firstCaptions([en], ""), null);
});

test("A and B in either order make a loop", () => {
  const loop = new Loop();
  assert.equal(loop.goesOn, false);
  assert.equal(loop.mark(8), "a");
  assert.equal(loop.jump(9), null);
  assert.equal(loop.mark(5), "b");
  assert.deepEqual([loop.a, loop.b], [5, 8]);
  assert.deepEqual([loop.jump(7.9), loop.jump(8), loop.jump(1)], [null, 5, 5]);
  assert.equal(loop.goesOn, true, "also where B is the end");
  assert.equal(loop.mark(6), "none");
  assert.equal(loop.jump(99), null);
});

const body = { closest: () => null };
const within = (selector) => ({ closest: (asked) => (asked.split(/, */).includes(selector) ? { type: "text" } : null) });
const press = (key, more = {}) => commandFor({ key, target: body, ...more }, more);

test("keys do what people know from elsewhere", () => {
  const asked = { " ": "toggle", k: "toggle", K: "toggle", j: "back10", l: "forward10", ArrowLeft: "back5", "/": "search", ".": "frameForward", Escape: "escape" };
  for (const [key, name] of Object.entries(asked)) assert.equal(press(key)?.name, name, key);
  assert.deepEqual(press("7"), { name: "tenth", value: 7 });
  assert.equal(press("N", { shiftKey: true }).name, "next");
  assert.equal(press("?", { shiftKey: true }).name, "sheet");
  assert.equal(press("N"), null, "caps lock is no Shift");
});

test("what the browser or a field wants is left to it", () => {
  for (const modifier of ["ctrlKey", "altKey", "metaKey"]) for (const key of ["l", "k", "ArrowLeft", "f", "0"]) assert.equal(press(key, { [modifier]: true }), null);
  for (const key of ["F5", "F11", "Tab", "Enter", "PageDown", "Dead", "AudioVolumeUp"]) assert.equal(press(key), null, key);
  for (const field of ["textarea", "input", "select", "[role=textbox]"]) assert.equal(press("k", { target: within(field) }), null, field);
  assert.equal(press("k", { target: { isContentEditable: true, closest: () => null } }), null);
  assert.equal(press(" ", { target: within("button") }), null, "a space presses a button");
  assert.equal(press("k", { target: within("button") }).name, "toggle");
  assert.equal(press("k", { isComposing: true }), null);
  assert.equal(press("ArrowDown", { near: false }), null, "the page scrolls");
  assert.equal(press("ArrowDown", { near: true }).name, "quieter");
});

test("held keys repeat where that makes sense", () => {
  assert.equal(press("l", { repeat: true }).name, "forward10");
  assert.equal(press("f", { repeat: true }).name, "held");
});

test("the sheet names each key", () => {
  const does = doings();
  for (const [, name] of KEYS) assert.ok(does[name], name);
});

/** A clock that a test turns. */
function hands() {
  let now = 0;
  let id = 0;
  const waiting = new Map();
  const timers = { now: () => now, set: (run, ms) => (waiting.set(++id, [now + ms, run]), id), clear: (which) => waiting.delete(which) };
  const pass = (ms) => {
    now += ms;
    for (const [which, [due, run]] of [...waiting]) if (due <= now && waiting.delete(which)) run();
  };
  return { timers, pass };
}

function fingers() {
  const said = [];
  const { timers, pass } = hands();
  const gestures = new Gestures({
    tap: () => said.push("tap"), seek: (side, times) => said.push(`${side} ${times}`), middle: () => said.push("middle"),
    hold: (on) => said.push(`hold ${on}`), swipe: (way) => said.push(way),
  }, timers);
  const tap = (x) => (gestures.down({ id: 1, x, px: x * 300, py: 100 }), pass(50), gestures.up({ id: 1, px: x * 300, py: 100 }), pass(50));
  return { said, pass, gestures, tap };
}

test("one tap shows the controls, two seek, and each further one once more", () => {
  const { said, pass, tap } = fingers();
  tap(0.9);
  pass(400);
  assert.deepEqual(said.splice(0), ["tap"]);
  tap(0.9), tap(0.9), tap(0.9);
  pass(1000);
  assert.deepEqual(said.splice(0), ["right 1", "right 2"]);
  tap(0.1), tap(0.9);
  pass(1000);
  assert.deepEqual(said, ["tap"], "one on each side is no double tap");
});

test("a long press lasts until the finger goes, and a swipe fills the screen", () => {
  const { said, pass, gestures } = fingers();
  gestures.down({ id: 1, x: 0.5, px: 150, py: 100 });
  pass(600);
  gestures.up({ id: 1, px: 150, py: 100 });
  assert.deepEqual(said.splice(0), ["hold true", "hold false"]);
  gestures.down({ id: 1, x: 0.5, px: 150, py: 200 });
  gestures.move({ id: 1, px: 152, py: 150 });
  pass(900);
  gestures.up({ id: 1, px: 155, py: 100 });
  assert.deepEqual(said.splice(0), ["up"]);
  gestures.down({ id: 1, x: 0.5, px: 150, py: 200 });
  pass(600);
  gestures.down({ id: 2, x: 0.6, px: 180, py: 200 });
  assert.deepEqual(said, ["hold true", "hold false"], "a second finger ends it");
});

test("one begins where one left off, where an address says, or at the beginning", () => {
  assert.equal(startAt({ asked: 12, position: 50, kept: 40, duration: 100 }), 12);
  assert.equal(startAt({ asked: 0, position: 50, duration: 100 }), 0);
  assert.equal(startAt({ asked: null, position: 50, kept: 40, duration: 100 }), 50);
  assert.equal(startAt({ asked: null, position: 0, kept: 40, duration: 100 }), 40);
  assert.equal(startAt({ asked: null, position: 97, duration: 100 }), 0, "it was seen to the end");
  assert.equal(startAt({ asked: null, position: 3, duration: 100 }), 0);
  assert.equal(startAt({ asked: 500, position: 0, duration: 100 }), 99.9);
});

test("a guest's positions are kept on the device, the latest ones", () => {
  const kept = new Kept(storage());
  for (let number = 0; number < 250; number++) kept.set(`v${number}`, 30);
  assert.deepEqual([kept.get("v249"), kept.get("v50"), kept.get("v49")], [30, 30, 0]);
  kept.set("v249", 0);
  assert.equal(kept.get("v249"), 0);
  for (const broken of ["{", "null", '[["a","b"],7]']) assert.equal(new Kept(storage({ "video-positions": broken })).get("a"), 0);
  assert.equal(new Kept(null).get("a"), 0);
});

test("only what was played was watched", () => {
  const watched = new Watched();
  for (const moment of [0, 0.25, 0.5, 1]) watched.at(moment, 0.25, 1);
  watched.at(60, 0.25, 1);
  watched.at(60.5, 0.5, 1);
  assert.deepEqual(watched.take(), [[0, 1], [60, 60.5]]);
  watched.at(61, 0.5, 1);
  assert.deepEqual(watched.take(), [[60.5, 61]], "goes on from where it was told");
  assert.deepEqual(watched.take(), []);
});

test("preferences of another kind than ours are passed over", () => {
  const kept = new Preferences(storage({ "video-player": '{"volume":"loud","rate":2,"muted":1,"style":null}' }));
  assert.deepEqual([kept.get("volume"), kept.get("rate"), kept.get("muted"), kept.get("style")], [1, 2, false, {}]);
  const throwing = { getItem() { throw new Error("no"); }, setItem() { throw new Error("no"); } };
  const without = new Preferences(throwing);
  without.set("rate", 1.5);
  assert.equal(without.get("rate"), 1.5);
});

const answer = (status, json = {}) => ({ ok: status < 400, status, json: async () => json, text: async () => "" });

test("addresses are asked for anew, and not for ever", async () => {
  let asked = 0;
  const renewal = new Renewal("/player", async () => (asked++, answer(200, { master: `/${asked}` })));
  const both = await Promise.all([renewal.ask(1), renewal.ask(1)]);
  assert.deepEqual([both, asked], [[{ master: "/1" }, { master: "/1" }], 1]);
  await renewal.ask(1), await renewal.ask(1);
  await assert.rejects(renewal.ask(1), { code: "gone" });
  assert.deepEqual(await renewal.ask(30), { master: "/4" }, "who has got on since begins anew");
});

test("why there are none is told apart", async () => {
  for (const [status, code] of [[404, "gone"], [403, "password"], [500, "server"], [429, "server"]]) {
    await assert.rejects(new Renewal("/player", async () => answer(status)).ask(), { code });
  }
  await assert.rejects(new Renewal("/player", async () => { throw new TypeError("offline"); }).ask(), { code: "network" });
  for (const code of ["network", "server", "gone", "password", "unsupported", "failed", "broken"]) assert.ok(words(code).title && words(code).hint, code);
});

test("our engine goes first, the browser's where ours cannot work", async () => {
  const hls = (works) => ({ bring: async () => ({ default: class { static isSupported = () => works; } }) });
  const video = (plays) => ({ canPlayType: () => plays });
  const scope = { MediaSource: class {} };
  const settings = { master: "/m3u8", mp4: null };
  const ours = await openEngine(video("maybe"), settings, {}, { ...hls(true), scope });
  assert.deepEqual([ours.streams, source(ours, { ...settings, mp4: "/mp4" })], [true, "/m3u8"]);
  const native = await openEngine(video("maybe"), settings, {}, { bring: () => assert.fail("not needed"), scope: {} });
  assert.deepEqual([native.streams, source(native, settings)], [false, "/m3u8"]);
  await assert.rejects(openEngine(video(""), settings, {}, { ...hls(false), scope }), { code: "unsupported" });
});

test("a video that is being made begins once a part of it plays, and tells what has come", async () => {
  const states = [{ state: "making", playable: false, progress: 0.1 }, { state: "making", playable: true }, { state: "ready", playable: true }];
  const said = [];
  const note = (name) => (state) => said.push(`${name} ${state.state}`);
  globalThis.document = { visibilityState: "visible" };
  const waiting = new Waiting("/state", { waits: note("waits"), playable: note("playable"), more: note("more"), over: note("over") }, async () => answer(200, states.shift()));
  await waiting.ask(false), await waiting.ask(false), await waiting.ask(true);
  waiting.end();
  delete globalThis.document;
  assert.deepEqual(said, ["waits making", "playable making", "more making", "more ready", "over ready"]);
  const renditions = [{ kind: "video", name: "240p", height: 426, ended: true }, { kind: "video", name: "720p", height: 1280, ended: true }, { kind: "video", name: "1080p-av1", height: 1920, ended: false }, { kind: "audio", name: "audio-0", height: null, ended: true }];
  assert.deepEqual(arrived({ renditions }, [{ size: 240 }]), [720]);
  assert.deepEqual(coming({ renditions }), [1080]);
});

test("labels, links, names and what is ahead", () => {
  const levels = [{ size: 720, frameRate: 60, codecs: "avc1.64, mp4a" }, { size: 360, frameRate: 30, codecs: "avc1.4d" }, { size: 360, frameRate: 30, codecs: "av01.0" }];
  assert.deepEqual(levels.map((level) => qualityLabel(level, levels)), ["720p60", "360p avc1", "360p av01"]);
  assert.equal(shareAddress("https://a.example/v/x/?list=1", 83.9), "https://a.example/v/x/?list=1&t=83");
  assert.equal(shareAddress("https://a.example/v/x/", 0.4), "https://a.example/v/x/");
  assert.equal(fileName('../a/b:"c"\u202e', "1:23"), "a b c 1.23.png");
  assert.equal(fileName("", "0:00"), "video 0.00.png");
  const ranges = { length: 2, start: (n) => [0, 20][n], end: (n) => [10, 30][n] };
  const reach = (currentTime, duration) => reachesEnd({ buffered: ranges, currentTime, duration });
  assert.deepEqual([reach(4, 30.05), reach(15, 30), reach(25, 30.05), reach(25, 40)], [false, false, true, false]);
  assert.deepEqual([buffered(ranges, 4), buffered(ranges, 15), buffered(ranges, 25)], [6, 0, 5]);
  const chapters = [{ start: 0, title: "a" }, { start: 8, title: "b" }];
  assert.deepEqual([chapterAt(chapters, 7.9).title, chapterAt(chapters, 8).title, chapterAt([], 1)], ["a", "b", null]);
});
