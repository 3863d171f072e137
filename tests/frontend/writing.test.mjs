// What is inserted can be taken back, by the browser's history or by ours.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { replace } from "../../frontend/src/chat/writing.js";

globalThis.InputEvent ??= class extends Event {
  constructor(type, init) {
    super(type, init);
    Object.assign(this, { inputType: init.inputType, data: init.data });
  }
};

class Field extends EventTarget {
  constructor(value) {
    super();
    this.value = value;
    this.inputs = 0;
    this.addEventListener("input", () => this.inputs++);
  }
  focus() {}
  setSelectionRange(from, to) {
    [this.selectionStart, this.selectionEnd] = [from, to];
  }
  setRangeText(text, from, to) {
    this.value = this.value.slice(0, from) + text + this.value.slice(to);
    this.setSelectionRange(from + text.length, from + text.length);
  }
  press(key, more = {}) {
    const event = Object.assign(new Event("keydown", { cancelable: true }), { key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...more });
    this.dispatchEvent(event);
    return event;
  }
}

const commands = [];
function browser(field) {
  globalThis.document = {
    execCommand(...command) {
      commands.push(command);
      field.setRangeText(command[2] ?? "", field.selectionStart, field.selectionEnd);
      return true;
    },
  };
  return field;
}

afterEach(() => commands.splice(0));

test("short texts go into the browser's own history", () => {
  const field = browser(new Field("say /x now"));
  replace(field, 4, 6, "one\ntwo");
  assert.equal(field.value, "say one\ntwo now");
  assert.deepEqual(commands, [["insertText", false, "one\ntwo"]]);
  replace(field, 0, 4, "");
  assert.deepEqual(commands[1], ["delete"]);
});

test("many lines are put in at once, and Ctrl+Z takes them back while nothing else was done", () => {
  const field = browser(new Field("say /x now"));
  const lines = "line\n".repeat(100);
  replace(field, 4, 6, lines);
  assert.deepEqual(commands, []);
  assert.equal(field.value, `say ${lines} now`);
  assert.equal(field.inputs, 1);
  assert.equal(field.press("z").defaultPrevented, false);
  assert.equal(field.press("z", { ctrlKey: true }).defaultPrevented, true);
  assert.equal(field.value, "say /x now");
  assert.equal(field.inputs, 2);
  assert.equal(field.press("z", { ctrlKey: true }).defaultPrevented, false);
});

test("after more was typed the browser's history has the word", () => {
  const field = browser(new Field("/x"));
  replace(field, 0, 2, "line\n".repeat(100));
  field.setRangeText("a", field.value.length, field.value.length);
  assert.equal(field.press("z", { metaKey: true }).defaultPrevented, false);
});

test("where the browser does not know the command, the text is inserted all the same", () => {
  const field = new Field("a/x");
  globalThis.document = { execCommand: () => false };
  replace(field, 1, 3, "b");
  assert.equal(field.value, "ab");
});
