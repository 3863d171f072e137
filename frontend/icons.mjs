// Makes the icons of the installed site from static/lizard.svg: `node icons.mjs`, once after the lizard changed. The drawing is of
// boxes on a grid of 20, one path a colour, so nothing is needed to draw it but a way to write PNG.
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";

const here = join(dirname(fileURLToPath(import.meta.url)), "static");
const GRID = 20;
const GROUND = [7, 10, 8];
/** Part of the width that stays ground on each side. What systems cut off of a maskable icon lies within a fifth. */
const ICONS = [
  ["icon-180.png", 180, 0.1],
  ["icon-192.png", 192, 0.08],
  ["icon-512.png", 512, 0.08],
  ["icon-maskable-512.png", 512, 0.2],
];

const svg = await readFile(join(here, "lizard.svg"), "utf8");
const boxes = [...svg.matchAll(/<path fill="#([0-9a-f]{6})" d="([^"]+)"/g)].flatMap(([, colour, path]) =>
  [...path.matchAll(/M(\d+) (\d+)h(\d+)v(\d+)/g)].map(([, x, y, width, height]) => ({
    colour: [0, 2, 4].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)),
    box: [x, y, width, height].map(Number),
  })),
);

function pixels(size, margin) {
  const cell = Math.floor((size * (1 - 2 * margin)) / GRID);
  const from = Math.floor((size - cell * GRID) / 2);
  const rows = Array.from({ length: size }, () => Uint8Array.from({ length: size * 3 }, (_, at) => GROUND[at % 3]));
  for (const { colour, box } of boxes) {
    const [x, y, width, height] = box;
    for (let row = from + y * cell; row < from + (y + height) * cell; row++) {
      for (let column = from + x * cell; column < from + (x + width) * cell; column++) rows[row].set(colour, column * 3);
    }
  }
  return rows;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  const check = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

function png(size, rows) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 2, 0, 0, 0], 8); // eight bits, RGB, no interlacing
  const raw = Buffer.concat(rows.map((row) => Buffer.concat([Buffer.of(0), row])));
  const parts = [chunk("IHDR", head), chunk("IDAT", deflateSync(raw, { level: 9 })), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), ...parts]);
}

for (const [name, size, margin] of ICONS) await writeFile(join(here, name), png(size, pixels(size, margin)));
