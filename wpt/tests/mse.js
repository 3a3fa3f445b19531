/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

"use strict";

// What the tests in this folder share. The media are described in tests/media/README.md.

const FRAMES_PER_SECOND = 24;
const DURATION = 6;

const MEDIA = {
  "H.264": { file: "/media/h264.mp4", type: 'video/mp4; codecs="avc1.64000C"' },
  "AAC": { file: "/media/aac.mp4", type: 'audio/mp4; codecs="mp4a.40.2"' },
  "H.264 and AAC": { file: "/media/h264-aac.mp4", type: 'video/mp4; codecs="avc1.64000C, mp4a.40.2"' },
  "VP8": { file: "/media/vp8.webm", type: 'video/webm; codecs="vp8"' },
  "Vorbis": { file: "/media/vorbis.webm", type: 'audio/webm; codecs="vorbis"' },
  "VP8 and Vorbis": { file: "/media/vp8-vorbis.webm", type: 'video/webm; codecs="vp8, vorbis"' },
};

async function fetch_bytes(medium) {
  const response = await fetch(MEDIA[medium].file);
  assert_true(response.ok, `${MEDIA[medium].file} is served`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Resolves with the next event of that type; rejects if `error` or `abort` comes first. */
function next_event(target, type) {
  return new Promise((resolve, reject) => {
    target.addEventListener(type, resolve, { once: true });
    for (const failure of ["error", "abort"]) {
      if (failure != type)
        target.addEventListener(failure, () => reject(new Error(`${failure} came, not ${type}`)), { once: true });
    }
  });
}

/** A media element in the page, and an open MediaSource attached to it. */
async function open_media_source(test, kind = "video") {
  const element = document.createElement(kind);
  document.body.append(element);
  const mediaSource = new MediaSource();
  const url = URL.createObjectURL(mediaSource);
  element.src = url;
  test.add_cleanup(() => {
    URL.revokeObjectURL(url);
    element.remove();
  });
  await next_event(mediaSource, "sourceopen");
  return { element, mediaSource };
}

/** Appends bytes in pieces of `size`, each after the one before it ended. */
async function append_in_pieces(sourceBuffer, bytes, size = bytes.length) {
  for (let start = 0; start < bytes.length; start += size) {
    sourceBuffer.appendBuffer(bytes.subarray(start, start + size));
    await next_event(sourceBuffer, "updateend");
  }
}

/** Adds a SourceBuffer for each medium and appends all of it. */
async function append_media(mediaSource, media, size) {
  const sourceBuffers = media.map((medium) => mediaSource.addSourceBuffer(MEDIA[medium].type));
  await Promise.all(media.map(async (medium, index) => {
    const bytes = await fetch_bytes(medium);
    await append_in_pieces(sourceBuffers[index], bytes, size);
  }));
  return sourceBuffers;
}

function ranges_text(ranges) {
  const texts = [];
  for (let i = 0; i < ranges.length; i++)
    texts.push(`${ranges.start(i).toFixed(2)}..${ranges.end(i).toFixed(2)}`);
  return texts.join(" ");
}

/** The number painted into the picture that the video shows now. */
function shown_frame(video) {
  const canvas = document.createElement("canvas");
  canvas.width = 320;
  canvas.height = 180;
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0, 320, 180);
  let number = 0;
  for (let i = 0; i < 12; i++) {
    const [red, green, blue] = context.getImageData(28 + 24 * i, 20, 1, 1).data;
    number = 2 * number + (red + green + blue > 3 * 128 ? 1 : 0);
  }
  return number;
}

function frame_at(seconds) {
  return Math.floor(seconds * FRAMES_PER_SECOND + 0.001);
}
