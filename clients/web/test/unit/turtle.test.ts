// Drawings without a browser: what is read of hostile bytes, what becomes of it, when it is shown, and
// that a saved picture is one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameReader, type Change, type Frame } from "../../src/turtle/changes";
import { Picture } from "../../src/turtle/picture";
import { Player } from "../../src/turtle/player";
import { shapeOf, svgFile } from "../../src/turtle/shapes";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function read(text: string): Frame[] {
  return new FrameReader().read(bytes(text));
}

function changes(text: string): readonly Change[] {
  return read(`[0,${text}]\n`).flatMap((frame) => frame.changes);
}

function picture(text: string): Picture {
  const made = new Picture();
  for (const change of changes(text)) made.apply(change);
  return made;
}

const LINE = '["+",2,"line",[0,0,10,5],{"f":"#ff0000","w":3,"c":"round"}]';

test("a frame is read, wherever its bytes are cut", () => {
  const whole = bytes(`["drawing",1]\n[0,["x"],["w",-200,-150,400,300,"#ffffff"]]\n[10,${LINE}]\n[20,["^",2]]\n`);
  const expected = new FrameReader().read(whole);
  assert.deepEqual(
    expected.map((frame) => frame.delay),
    [0, 10, 20],
  );
  for (let cut = 0; cut <= whole.length; cut += 1) {
    const reader = new FrameReader();
    const frames = [...reader.read(whole.subarray(0, cut)), ...reader.read(whole.subarray(cut))];
    assert.deepEqual(frames, expected, `cut at ${cut}`);
  }
});

test("what is malformed is dropped, and what is beside it is not", () => {
  const wrong = [
    "1",
    "[]",
    "{}",
    "null",
    '["?",1]',
    '["+",2]',
    '["+",0,"line",[],{}]',
    '["+",1.5,"line",[],{}]',
    '["+",-3,"line",[],{}]',
    '["+",2,"script",[],{}]',
    '["+",2,"line",[1],{}]',
    '["+",2,"line",[1,"2"],{}]',
    '["+",2,"line",[1,1e300],{}]',
    '["+",2,"line","0,0",{}]',
    '["w",0,0,0,10,"#ffffff"]',
    '["w",0,0,10,10,"red"]',
    '["w",0,0,10,10,""]',
    '["c",2,[null,1]]',
    '["^"]',
    '["__proto__",2]',
    '["constructor",2]',
  ];
  for (const change of wrong) {
    assert.deepEqual(changes(`${change},["^",7]`), [{ what: "raise", id: 7 }], change);
  }
  for (const line of ["", "[", "{}", "[-1]", '["0"]', "[NaN]", "[1e9]", "null", "[0", "\u0000"]) {
    assert.deepEqual(read(`${line}\n[5]\n`), [{ delay: 5, changes: [] }], line);
  }
});

test("only options that are what they should be are taken", () => {
  const look = (options: string): unknown => {
    const [change] = changes(`["o",1,${options}]`);
    assert.ok(change?.what === "look");
    return change.look;
  };
  assert.deepEqual(look('{"f":"#12ab00","o":"","w":2.5}'), { fill: "#12ab00", outline: "", width: 2.5 });
  for (const options of [
    '{"f":"url(#x)","o":"red","w":-1,"c":"evil","a":"middle","h":2,"t":5}',
    '{"f":"#12AB00","w":"2","n":["sans",0,""]}',
    '{"n":["Comic",10,""],"t":null}',
    '{"__proto__":{"fill":"#000000"},"onclick":"alert(1)","style":"x"}',
    "[]",
    "null",
    '"f"',
  ]) {
    assert.deepEqual(look(options), {}, options);
  }
  assert.equal((look(`{"t":"${"x".repeat(20_000)}"}`) as { text: string }).text.length, 10_000);
});

test("a line that is too long is skipped, without being kept", () => {
  const reader = new FrameReader();
  const piece = bytes("9".repeat(100_000));
  reader.read(bytes("["));
  for (let count = 0; count < 100; count += 1) assert.deepEqual(reader.read(piece), []);
  assert.deepEqual(reader.read(bytes("]\n[7]\n")), [{ delay: 7, changes: [] }]);
});

test("random bytes and damaged drawings never throw, and what they leave can be drawn", () => {
  const random = generator(20_260_101);
  const good = `[10,["x"],["w",-200,-150,400,300,"#ffffff"],${LINE},["+",3,"text",[1,2],{"t":"a<b","n":["mono",10,"bold"]}]]\n[5,["c",2,[1,2]],["a",2,[3,4]],["o",3,{"f":"#00ff00"}],["v",3],["^",2],["-",9]]\n`;
  let taken = 0;
  for (let round = 0; round < 3000; round += 1) {
    const data = round % 2 === 0 ? Uint8Array.from({ length: 200 }, () => random(256)) : bytes(good);
    for (let change = random(6); change > 0; change -= 1) data[random(data.length)] = random(256);
    const reader = new FrameReader();
    const cut = random(data.length);
    const shown = new Picture();
    for (const frame of [...reader.read(data.subarray(0, cut)), ...reader.read(data.subarray(cut))]) {
      assert.ok(Number.isFinite(frame.delay) && frame.delay >= 0);
      for (const change of frame.changes) shown.apply(change);
    }
    for (const item of shown.all()) {
      taken += 1;
      assert.ok(item.points.every(Number.isFinite) && item.points.length % 2 === 0);
      const written = JSON.stringify(shapeOf(item).attributes);
      assert.ok(!/NaN|Infinity|undefined/.test(written), written);
    }
    assert.ok(svgFile(shown).endsWith("</svg>\n"));
  }
  assert.ok(taken > 1000, "damaged drawings are read as far as they are good");
});

/** The same numbers in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test("items lie on each other as they were put", () => {
  const ids = (made: Picture): number[] => [...made.all()].map((item) => item.id);
  const three = '["+",1,"line",[0,0],{}],["+",2,"line",[0,0],{}],["+",3,"line",[0,0],{}]';
  assert.deepEqual(ids(picture(three)), [1, 2, 3]);
  assert.deepEqual(ids(picture(`${three},["^",1]`)), [2, 3, 1]);
  assert.deepEqual(ids(picture(`${three},["v",3]`)), [3, 1, 2]);
  assert.deepEqual(ids(picture(`${three},["-",2],["^",9],["c",9,[1,1]]`)), [1, 3]);
  assert.deepEqual(ids(picture(`${three},["x"],["+",4,"line",[0,0],{}]`)), [4]);
  const [line] = picture(`${LINE},["a",2,[20,20]],["o",2,{"w":9}]`).all();
  assert.deepEqual(line?.points, [0, 0, 10, 5, 20, 20]);
  assert.deepEqual(line?.look, { fill: "#ff0000", width: 9, cap: "round" });
});

test("frames are shown at their time", () => {
  const shown: number[] = [];
  const player = new Player((frame) => shown.push(frame.delay));
  player.add([0, 10, 20, 30].map((delay) => ({ delay, changes: [] })));
  player.step(0);
  assert.deepEqual(shown, [0]);
  player.step(10);
  assert.deepEqual(shown, [0, 10]);
  player.step(19);
  assert.equal(player.waiting(), 2);
  player.playing = false;
  player.step(1000);
  assert.equal(player.waiting(), 2, "a pause is a pause");
  player.playing = true;
  player.speed = 8;
  player.step(4);
  assert.deepEqual(shown, [0, 10, 20, 30]);
  assert.ok(!player.isDone());
  player.finished = true;
  assert.ok(player.isDone());
});

test("a long sleep of the page and a flood of frames are taken in small steps", () => {
  let shown = 0;
  const player = new Player(() => (shown += 1));
  player.add(Array.from({ length: 100 }, () => ({ delay: 10, changes: [] })));
  player.step(60_000);
  assert.equal(shown, 25);
  player.skip();
  assert.equal(shown, 100);
  player.add(Array.from({ length: 100_000 }, () => ({ delay: 0, changes: [] })));
  player.step(16);
  assert.ok(shown - 100 <= 2000, `${shown} at once`);
  player.skip();
  assert.equal(player.waiting(), 0);
});

test("a saved picture holds texts as texts, whatever is in them", () => {
  const hostile = '</text><script>alert(1)</script>&"\u0000\ud800';
  const made = picture(`["+",1,"text",[0,0],{"t":${JSON.stringify(hostile)},"f":"#000000","a":"sw"}]`);
  const file = svgFile(made);
  assert.ok(!file.includes("<script") && !file.includes("\u0000") && !file.includes("\ud800"), file);
  assert.ok(file.includes("&lt;/text&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;"), file);
});

test("shapes are what Tk draws", () => {
  const shape = (text: string) => {
    const [item] = picture(text).all();
    assert.ok(item !== undefined);
    return shapeOf(item);
  };
  assert.deepEqual(shape(LINE).attributes, {
    d: "M0 0L10 5",
    fill: "none",
    stroke: "#ff0000",
    "stroke-width": "3",
    "stroke-linejoin": "round",
    "stroke-linecap": "round",
  });
  const star = shape('["+",1,"polygon",[0,0,1,1,2,0],{"f":"#00ff00","o":""}]').attributes;
  assert.deepEqual(star, { d: "M0 0L1 1L2 0Z", "fill-rule": "evenodd", fill: "#00ff00", stroke: "none" });
  const oval = shape('["+",1,"oval",[10,20,0,0],{"f":"","o":"#000000"}]').attributes;
  assert.deepEqual([oval.cx, oval.cy, oval.rx, oval.ry, oval.fill], ["5", "10", "5", "10", "none"]);
  const two = shape('["+",1,"text",[0,0],{"t":"a\\nb","a":"nw","n":["mono",10,"bold italic"]}]');
  assert.deepEqual(
    two.lines.map((line) => [line.text, line.y]),
    [
      ["a", "8.33"],
      ["b", "19.66"],
    ],
  );
  assert.equal(two.attributes["text-anchor"], "start");
});
