/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// What is painted into every picture of the streams, in the coordinates of a picture of 320 x 180: squares
// that are white for 1 and black for 0, the most significant bit on the left.
const WIDTH = 320;
const HEIGHT = 180;
const NUMBER = { bits: 12, left: 16, top: 8 };
const QUALITY = { bits: 2, left: 136, top: 140 };
const SQUARE = 24;
const BLACK = 64; // at most, and
const WHITE = 192; // at least

export const PICTURES_PER_SECOND = 24;

const canvas = document.createElement("canvas");
canvas.width = WIDTH;
canvas.height = HEIGHT;
const context = canvas.getContext("2d", { willReadFrequently: true });

/** The number and the quality of the picture that a video element shows; null where it shows none. */
export function readPicture(video) {
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
  context.clearRect(0, 0, WIDTH, HEIGHT);
  context.drawImage(video, 0, 0, WIDTH, HEIGHT);
  const number = readBits(NUMBER);
  const quality = readBits(QUALITY);
  return number === null || quality === null ? null : { number, quality };
}

function readBits({ bits, left, top }) {
  const y = top + SQUARE / 2;
  const { data } = context.getImageData(left, y, bits * SQUARE, 1);
  let value = 0;
  for (let bit = 0; bit < bits; bit++) {
    const [red, , , alpha] = data.subarray(4 * (bit * SQUARE + SQUARE / 2));
    if (alpha === 0 || (red > BLACK && red < WHITE)) return null;
    value = 2 * value + (red >= WHITE ? 1 : 0);
  }
  return value;
}
