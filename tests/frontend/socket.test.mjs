import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { Connection, pause } from "../../frontend/src/chat/socket.js";

function setUp(t) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const sockets = [];
  const heard = { states: [], events: [], deltas: [], opened: 0 };
  const make = () => {
    const socket = { readyState: 0, sent: [], send: (text) => socket.sent.push(JSON.parse(text)) };
    sockets.push(socket);
    return socket;
  };
  const connection = new Connection("ws://site/ws/chat/", {
    opened: () => heard.opened++,
    event: (event) => heard.events.push(event),
    delta: (frame) => heard.deltas.push(frame),
    state: (name) => heard.states.push(name),
  }, make);
  const open = () => {
    const socket = sockets.at(-1);
    socket.readyState = 1;
    socket.onopen();
    return socket;
  };
  const lose = (code = 1006) => {
    sockets.at(-1).readyState = 3;
    sockets.at(-1).onclose({ code });
  };
  return { connection, sockets, heard, open, lose };
}

test("pauses grow from under half a second to fifteen at most, and are spread", () => {
  assert.equal(pause(0, () => 0), 200);
  assert.equal(pause(0, () => 1), 400);
  assert.equal(pause(3, () => 1), 3200);
  assert.equal(pause(50, () => 1), 15_000);
  assert.equal(pause(50, () => 0), 7500);
});

test("text frames are events, binary frames are deltas", (t) => {
  const { connection, heard, open } = setUp(t);
  connection.connect();
  const socket = open();
  socket.onmessage({ data: '{"type":"status","state":"live"}' });
  const bytes = new Uint8Array([1, 0, 65]).buffer;
  socket.onmessage({ data: bytes });
  assert.deepEqual(heard.events, [{ type: "status", state: "live" }]);
  assert.deepEqual(heard.deltas, [bytes]);
});

function deflated(event) {
  const packed = deflateSync(Buffer.from(JSON.stringify(event)));
  return new Uint8Array([0, ...packed]).buffer;
}

async function until(condition) {
  for (let turn = 0; turn < 1000 && !condition(); turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(condition());
}

test("a deflated event is read, and nothing overtakes it", async (t) => {
  const { connection, heard, open } = setUp(t);
  connection.connect();
  const socket = open();
  const bytes = new Uint8Array([1, 0, 65]).buffer;
  socket.onmessage({ data: deflated({ type: "long", html: "é".repeat(2000) }) });
  socket.onmessage({ data: bytes });
  socket.onmessage({ data: deflated({ type: "second" }) });
  socket.onmessage({ data: '{"type":"third"}' });
  assert.deepEqual(heard.events, []);
  await until(() => heard.events.length === 3);
  assert.deepEqual(heard.events.map((event) => event.type), ["long", "second", "third"]);
  assert.equal(heard.events[0].html, "é".repeat(2000));
  assert.deepEqual(heard.deltas, [bytes]);
});

test("a broken deflated event closes the connection", async (t) => {
  const { connection, open } = setUp(t);
  connection.connect();
  const socket = open();
  let closed = false;
  socket.close = () => (closed = true);
  socket.onmessage({ data: new Uint8Array([0, 1, 2, 3]).buffer });
  await until(() => closed);
});

test("a lost socket is opened again and says so each time", (t) => {
  const { connection, sockets, heard, open, lose } = setUp(t);
  connection.connect();
  open();
  lose();
  assert.equal(connection.send({ type: "stop" }), false);
  t.mock.timers.tick(400);
  assert.equal(sockets.length, 2);
  const socket = open();
  assert.equal(connection.send({ type: "stop" }), true);
  assert.deepEqual(socket.sent, [{ type: "stop" }]);
  assert.equal(heard.opened, 2);
  assert.deepEqual(heard.states, ["connecting", "open", "waiting", "connecting", "open"]);
});

test("coming back to the page ends the pause at once, and only one socket is made", (t) => {
  const { connection, sockets, lose } = setUp(t);
  connection.connect();
  lose();
  connection.hurry();
  connection.hurry();
  t.mock.timers.tick(20_000);
  assert.equal(sockets.length, 2);
});

test("who is signed out is not connected again, whether told by event or by close code", (t) => {
  for (const bySignal of [true, false]) {
    const { connection, sockets, heard, open, lose } = setUp(t);
    connection.connect();
    const socket = open();
    if (bySignal) socket.onmessage({ data: '{"type":"signed_out"}' });
    lose(4403);
    t.mock.timers.tick(60_000);
    assert.equal(sockets.length, 1);
    assert.deepEqual(heard.states.filter((name) => name === "signed_out"), ["signed_out"]);
    t.mock.timers.reset();
  }
});
