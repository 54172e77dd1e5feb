// Pictures as pixels: read from a PNG file of the browser or from the memory of a virtual display, and
// compared with tolerance for what two renderers may do differently, which is the edge of each line.

import { inflateSync } from "node:zlib";

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of each pixel, row by row. */
  readonly data: Uint8Array;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Difference {
  /** Pixels that differ, as a part of those that are not background in either picture. */
  readonly share: number;
  /** The same in the worst tile, as a part of its pixels: a missing line is a small part of a large picture. */
  readonly worstTile: number;
  /** Pixels that are not background in either picture. */
  readonly ink: number;
}

/** Edges are smoothed over so many pixels in each direction. */
const BLUR = 1;
/** Colours that are further apart than this, after the blur, differ. A line of one pixel is a third of itself then. */
const FAR = 60;
/** A pixel may be this far from its like in the other picture. */
const SLACK = 1;
/** Where both pictures are of one colour, that may differ by so much. */
const FLAT = 8;
const TILE = 16;

/** Compares two pictures of the same size; what lies in the boxes is left out. */
export function compare(one: Pixels, other: Pixels, without: readonly Box[] = []): Difference {
  const { width, height } = one;
  const background = one.data.subarray(0, 3);
  const [left, right] = [blurred(one), blurred(other)];
  let [ink, far] = [0, 0];
  const columns = Math.ceil(width / TILE);
  const tiles = new Uint16Array(columns * Math.ceil(height / TILE));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (without.some((box) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom)) continue;
      const at = 3 * (y * width + x);
      if (apart(left, at, background, 0) <= FLAT && apart(right, at, background, 0) <= FLAT) continue;
      ink += 1;
      const bothFlat = isFlat(one, x, y) && isFlat(other, x, y);
      const isSame = bothFlat
        ? apart(one.data, at, other.data, at) <= FLAT
        : hasLike(left, right, x, y, width, height) && hasLike(right, left, x, y, width, height);
      if (isSame) continue;
      far += 1;
      const tile = Math.floor(y / TILE) * columns + Math.floor(x / TILE);
      tiles[tile] = (tiles[tile] ?? 0) + 1;
    }
  }
  return { share: ink === 0 ? 0 : far / ink, worstTile: Math.max(...tiles) / (TILE * TILE), ink };
}

/** How far two colours are from each other. */
function apart(from: ArrayLike<number>, at: number, to: ArrayLike<number>, offset: number): number {
  let most = 0;
  for (let channel = 0; channel < 3; channel += 1) {
    most = Math.max(most, Math.abs((from[at + channel] ?? 0) - (to[offset + channel] ?? 0)));
  }
  return most;
}

/** Whether all pixels around one are like it. */
function isFlat({ width, height, data }: Pixels, x: number, y: number): boolean {
  const at = 3 * (y * width + x);
  for (let row = Math.max(y - 1, 0); row <= Math.min(y + 1, height - 1); row += 1) {
    for (let column = Math.max(x - 1, 0); column <= Math.min(x + 1, width - 1); column += 1) {
      if (apart(data, at, data, 3 * (row * width + column)) > 0) return false;
    }
  }
  return true;
}

/** Whether a pixel of one picture has its like close by in the other. */
function hasLike(from: Float32Array, to: Float32Array, x: number, y: number, width: number, height: number): boolean {
  const at = 3 * (y * width + x);
  for (let row = Math.max(y - SLACK, 0); row <= Math.min(y + SLACK, height - 1); row += 1) {
    for (let column = Math.max(x - SLACK, 0); column <= Math.min(x + SLACK, width - 1); column += 1) {
      if (apart(from, at, to, 3 * (row * width + column)) <= FAR) return true;
    }
  }
  return false;
}

/** Each pixel as the mean of those around it. */
function blurred({ width, height, data }: Pixels): Float32Array {
  const pass = (from: ArrayLike<number>, step: number, along: number): Float32Array => {
    const to = new Float32Array(from.length);
    for (let pixel = 0; pixel < width * height; pixel += 1) {
      const place = along === width ? pixel % width : Math.floor(pixel / width);
      const [first, last] = [Math.max(place - BLUR, 0), Math.min(place + BLUR, along - 1)];
      for (let channel = 0; channel < 3; channel += 1) {
        let sum = 0;
        for (let other = first; other <= last; other += 1) sum += from[3 * (pixel + (other - place) * step) + channel] ?? 0;
        to[3 * pixel + channel] = sum / (last - first + 1);
      }
    }
    return to;
  };
  return pass(pass(data, 1, width), width, height);
}

/** A part of a picture. */
export function crop(from: Pixels, left: number, top: number, width: number, height: number): Pixels {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y += 1) {
    const begin = 3 * ((top + y) * from.width + left);
    data.set(from.data.subarray(begin, begin + 3 * width), 3 * y * width);
  }
  return { width, height, data };
}

/** The file in which Xvfb keeps its screen: X11's window dump, with 32 bits a pixel. */
export function readScreen(file: Uint8Array): Pixels {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const field = (index: number): number => view.getUint32(4 * index);
  const [headerSize, width, height, bitsPerPixel, rowBytes, colours] = [0, 4, 5, 11, 12, 19].map(field) as [
    number, number, number, number, number, number,
  ];
  if (bitsPerPixel !== 32 || field(7) !== 0) throw new Error("a screen of another kind");
  const begin = headerSize + 12 * colours;
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = begin + y * rowBytes + 4 * x;
      data.set([file[from + 2] ?? 0, file[from + 1] ?? 0, file[from] ?? 0], 3 * (y * width + x));
    }
  }
  return { width, height, data };
}

/** A PNG file as browsers make screenshots: 8 bits a channel, with or without alpha, not interlaced. */
export function readPng(file: Uint8Array): Pixels {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const pieces: Uint8Array[] = [];
  let [width, height, channels] = [0, 0, 0];
  for (let at = 8; at + 8 <= file.length; ) {
    const size = view.getUint32(at);
    const kind = String.fromCharCode(...file.subarray(at + 4, at + 8));
    if (kind === "IHDR") {
      [width, height] = [view.getUint32(at + 8), view.getUint32(at + 12)];
      channels = file[at + 17] === 6 ? 4 : 3;
    } else if (kind === "IDAT") {
      pieces.push(file.subarray(at + 8, at + 8 + size));
    }
    at += size + 12;
  }
  const rows = unfiltered(inflateSync(Buffer.concat(pieces)), width * channels, height, channels);
  const data = new Uint8Array(3 * width * height);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    data.set(rows.subarray(channels * pixel, channels * pixel + 3), 3 * pixel);
  }
  return { width, height, data };
}

/** Undoes the five filters of PNG. */
function unfiltered(raw: Uint8Array, rowBytes: number, height: number, channels: number): Uint8Array {
  const rows = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (rowBytes + 1)] ?? 0;
    for (let x = 0; x < rowBytes; x += 1) {
      const at = y * rowBytes + x;
      const left = x >= channels ? (rows[at - channels] ?? 0) : 0;
      const above = y > 0 ? (rows[at - rowBytes] ?? 0) : 0;
      const corner = x >= channels && y > 0 ? (rows[at - rowBytes - channels] ?? 0) : 0;
      const guess = [0, left, above, (left + above) >> 1, paeth(left, above, corner)][filter] ?? 0;
      rows[at] = (raw[y * (rowBytes + 1) + 1 + x] ?? 0) + guess;
    }
  }
  return rows;
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? above : corner;
}
