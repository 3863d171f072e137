// Who speaks in the conversation, as the page's script shows and changes it.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

const asked = [];
const answers = {};
const link = { hidden: false, href: "" };
globalThis.document = { querySelector: (what) => (what.startsWith("#settings") ? link : null) };
globalThis.location = { assign: (url) => asked.push(["go", url]) };
globalThis.localStorage = { setItem: (...entry) => asked.push(["keep", ...entry]) };
globalThis.fetch = async (url, { body } = {}) => {
  asked.push([url, body && JSON.parse(body)]);
  return { ok: true, json: async () => answers[url] };
};

const { Persona } = await import("../../frontend/src/chat/persona.js");
const zero = "00000000-0000-0000-0000-000000000000";
const data = { urlTalk: `/t/${zero}/`, urlTalkWho: `/who/${zero}/`, urlTalkChoose: `/choose/${zero}/`, urlTalkGreet: `/greet/${zero}/`, urlPersonaBegin: `/begin/${zero}/` };

function page(conversation, hidden = true) {
  const parts = { img: { src: "" }, "[data-part=name]": { textContent: "" } };
  const chip = { hidden, href: "", querySelector: (what) => parts[what] };
  const place = Object.assign(new EventTarget(), { conversation });
  const said = [];
  const persona = new Persona({ chip, data, place, toast: { show: (text) => said.push(text) } });
  return { persona, chip, place, said, shown: () => [chip.hidden, parts["[data-part=name]"].textContent, parts.img.src, chip.href] };
}

beforeEach(() => asked.splice(0));

test("in a conversation the chosen one gives the answers to come", async () => {
  const { persona, said, shown } = page("c1");
  answers["/choose/c1/"] = { persona: { name: "Mara", avatar: "/a", greetings: 1 } };
  assert.equal(await persona.choose({ id: "p1" }, { value: "@Mara" }, false), "", "the typed word goes");
  assert.deepEqual(asked, [["/choose/c1/", { persona: "p1" }]]);
  assert.deepEqual(shown(), [false, "Mara", "/a", "/t/c1/"]);
  assert.deepEqual(said, ["Mara answers from now on."]);
});

test("without a conversation the persona begins one, and the draft goes along", async () => {
  const { persona } = page(null);
  assert.equal(link.hidden, true, "there is nobody to arrange");
  answers["/begin/p1/"] = { conversation: "c2", url: "/chat/c2/" };
  const field = { value: "Hello @Mara there", dispatchEvent() {} };
  assert.equal(await persona.choose({ id: "p1" }, field, false), null);
  assert.deepEqual(asked, [["/begin/p1/", {}], ["keep", "draft:c2", "Hello there"], ["go", "/chat/c2/"]]);
  assert.equal(field.value, "");
});

test("a temporary chat is not left for one that is kept", async () => {
  const { persona } = page(null);
  await assert.rejects(persona.choose({ id: "p1" }, { value: "@Mara" }, true), /kept/);
  assert.deepEqual(asked, []);
});

test("what another device chose is shown, and asked for once", async () => {
  const { persona, shown } = page("c1");
  answers["/who/c1/"] = { persona: { name: "Tor", avatar: "/t", greetings: 2 } };
  await persona.changed("v1");
  await persona.changed("v1");
  await persona.changed(undefined);
  assert.deepEqual(asked, [["/who/c1/", undefined]]);
  assert.deepEqual(shown(), [false, "Tor", "/t", "/t/c1/"]);
  await persona.changed(null);
  assert.equal(shown()[0], true);
});

test("the next first message is the site's to choose", async () => {
  const { persona } = page("c1");
  answers["/greet/c1/"] = { head: "m" };
  await persona.greet();
  assert.deepEqual(asked, [["/greet/c1/", { greeting: "next" }]]);
});
