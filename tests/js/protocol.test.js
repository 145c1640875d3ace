import assert from "node:assert/strict";
import { test } from "node:test";

import { backoffMs } from "../../static/app/core/backoff.js";
import { RunConnection } from "../../static/app/core/protocol.js";

/** A clock that moves when told, and sockets whose other end the test holds. */
function stage() {
  const timers = new Map();
  let [now, serial] = [0, 0];
  const clock = {
    now: () => now,
    after: (run, ms) => { timers.set((serial += 1), { run, at: now + ms }); return serial; },
    cancel: (handle) => timers.delete(handle),
  };
  const pass = (ms) => {
    const end = now + ms;
    for (;;) {
      const due = [...timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      timers.delete(due[0]);
      now = due[1].at;
      due[1].run();
    }
    now = end;
  };
  const sockets = [];
  const open = () => {
    const socket = { sent: [], closed: null, send: (text) => socket.sent.push(JSON.parse(text)), close: (code) => (socket.closed = code), onopen: null, onmessage: null, onclose: null };
    sockets.push(socket);
    return socket;
  };
  const connection = new RunConnection(open, { clock, random: () => 0.5 });
  const got = [];
  const told = [];
  connection.frames.on(({ frames }) => got.push(...frames.map((frame) => frame.seq)));
  connection.caughtUp.on(({ frames }) => told.push(`caught up ${frames}`));
  connection.reset.on(({ reason }) => told.push(`reset ${reason}`));
  const socket = () => sockets[sockets.length - 1];
  const say = (message) => socket().onmessage({ data: JSON.stringify(message) });
  const welcome = (epoch = "e") => { socket().onopen({}); say({ type: "welcome", run: "r", epoch, first: 0, last: 9, control: true }); };
  const frames = (from, to, caughtUp = true, epoch = "e") => say({ type: "frames", epoch, caught_up: caughtUp, frames: Array.from({ length: to - from + 1 }, (_, i) => ({ seq: from + i })) });
  return { connection, sockets, socket, say, welcome, frames, got, told, pass };
}

test("it says hello with what it last saw and comes back where it was", () => {
  const { connection, socket, welcome, frames, got, told, pass } = stage();
  connection.connect();
  welcome();
  assert.deepEqual(socket().sent[0], { type: "hello", epoch: null, seen: -1 });
  frames(0, 5);
  socket().onclose({ code: 1006 });
  pass(1000);
  welcome();
  assert.deepEqual(socket().sent[0], { type: "hello", epoch: "e", seen: 5 });
  frames(6, 30, false);
  frames(31, 39);
  assert.deepEqual(got, Array.from({ length: 40 }, (_, i) => i));
  assert.deepEqual(told, ["caught up 34"]);
});

test("duplicates are dropped and a gap makes it ask again", () => {
  const { connection, sockets, socket, welcome, frames, got, pass } = stage();
  connection.connect();
  welcome();
  frames(0, 3);
  frames(2, 5);
  assert.deepEqual(got, [0, 1, 2, 3, 4, 5]);
  frames(8, 9);
  assert.deepEqual(got, [0, 1, 2, 3, 4, 5]);
  assert.equal(sockets[0].closed, 4000);
  pass(1000);
  welcome();
  assert.equal(socket().sent[0].seen, 5);
  frames(6, 9);
  assert.deepEqual(got, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("frames that were skipped for a slow viewer are no gap", () => {
  const { connection, sockets, say, welcome, frames, got } = stage();
  connection.connect();
  welcome();
  frames(0, 1);
  say({ type: "skip", from: 2, to: 7 });
  frames(8, 8);
  assert.deepEqual(got, [0, 1, 8]);
  assert.equal(sockets.length, 1);
});

test("another epoch starts anew, and frames of the old one are not believed", () => {
  const { connection, socket, say, welcome, frames, got, told, pass } = stage();
  connection.connect();
  welcome();
  frames(0, 2);
  socket().onclose({ code: 1012 });
  pass(1000);
  socket().onopen({});
  say({ type: "reset", reason: "restarted", text: "", epoch: "f" });
  welcome("f");
  frames(3, 4, true, "e");
  frames(0, 1, true, "f");
  assert.deepEqual(got, [0, 1, 2, 0, 1]);
  assert.deepEqual(told[0], "reset restarted");
});

test("silence is a dead connection, an answered ping is not", () => {
  const { connection, sockets, say, welcome, pass } = stage();
  connection.connect();
  welcome();
  for (let i = 0; i < 5; i += 1) {
    pass(10_000);
    say({ type: "pong" });
  }
  assert.equal(sockets.length, 1);
  pass(60_000);
  assert.ok(sockets.length > 1);
});

test("commands are answered, refused, or fail with the connection", async () => {
  const { connection, socket, say, welcome } = stage();
  await assert.rejects(connection.command({ action: "pause" }), { code: "offline" });
  connection.connect();
  welcome();
  const done = connection.command({ action: "kill", component: "a" });
  const refused = connection.command({ action: "kill", component: "b" });
  const lost = connection.command({ action: "kill", component: "c" });
  assert.deepEqual(socket().sent.slice(1).map((message) => message.id), [1, 2, 3]);
  say({ type: "done", id: 1, t: 4.5 });
  say({ type: "refused", id: 2, error: { code: "already", text: "It is down already." } });
  socket().onclose({ code: 1006 });
  assert.equal(await done, 4.5);
  await assert.rejects(refused, { code: "already" });
  await assert.rejects(lost, { code: "offline" });
});

test("what cannot be helped by coming back is not tried again", () => {
  for (const code of [4403, 4404, 4400]) {
    const { connection, sockets, socket, welcome, pass } = stage();
    connection.connect();
    welcome();
    socket().onclose({ code });
    pass(120_000);
    assert.equal(sockets.length, 1);
    assert.equal(connection.link, "closed");
  }
});

test("after leaving, nothing comes back", () => {
  const { connection, sockets, welcome, pass } = stage();
  connection.connect();
  welcome();
  connection.close();
  pass(120_000);
  assert.equal(sockets.length, 1);
});

test("any order of cuts delivers every frame once, in order", () => {
  let seed = 7;
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  for (let round = 0; round < 200; round += 1) {
    const { connection, socket, welcome, frames, got, pass } = stage();
    connection.connect();
    welcome();
    let server = 0;
    while (server < 60) {
      if (random() < 0.2) { socket().onclose({ code: 1006 }); pass(20_000); welcome(); }
      const from = random() < 0.3 ? Math.max(0, connection.seen - 2) : connection.seen + 1;
      server = Math.max(server, from + Math.floor(random() * 6));
      frames(from, server);
    }
    assert.deepEqual(got, Array.from({ length: got.length }, (_, i) => i));
    assert.equal(got.at(-1), server);
  }
});

test("waits double, are capped and spread", () => {
  assert.ok(backoffMs(0, () => 0) >= 200);
  assert.ok(backoffMs(50, () => 1) <= 15_000);
  assert.ok(backoffMs(3, () => 0) < backoffMs(3, () => 1));
});
