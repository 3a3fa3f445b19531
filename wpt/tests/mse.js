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

// What does not come within this time, in milliseconds, does not come: the test fails and the next one begins.
const PATIENCE = 6000;

/** Resolves with the next event of that type; rejects if `error` or `abort` comes first, or nothing at all. */
function next_event(target, type) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${type} did not come`)), PATIENCE);
    const settle = (done, value) => {
      clearTimeout(timer);
      done(value);
    };
    target.addEventListener(type, (event) => settle(resolve, event), { once: true });
    for (const failure of ["error", "abort"]) {
      if (failure != type) {
        const instead = () => settle(reject, new Error(`${failure} came, not ${type}`));
        target.addEventListener(failure, instead, { once: true });
      }
    }
  });
}

/** The list that the types of the target's events are added to as they come. */
function log_events(target, ...types) {
  const log = [];
  for (const type of types)
    target.addEventListener(type, () => log.push(type));
  return log;
}

/** Waits until a condition is met, looking at each animation frame; fails if it never is. */
async function until(condition, what) {
  const deadline = performance.now() + PATIENCE;
  while (!condition()) {
    assert_less_than(performance.now(), deadline, `in vain: ${what}`);
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}

/** Waits until the playback position is at `seconds` or later. */
async function reaches(element, seconds) {
  await until(() => element.currentTime >= seconds, `playback reaches ${seconds}`);
}

async function seek(element, seconds) {
  element.currentTime = seconds;
  await next_event(element, "seeked");
}

/** Removes the element from the page at the end of the test. */
function add_element(test, kind = "video", parent = document.body) {
  const element = parent.ownerDocument.createElement(kind);
  parent.append(element);
  test.add_cleanup(() => element.remove());
  return element;
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

/** Appends each piece of bytes once the one before it has been. */
async function append(sourceBuffer, ...pieces) {
  for (const piece of pieces) {
    sourceBuffer.appendBuffer(piece);
    await next_event(sourceBuffer, "updateend");
  }
}

async function remove(sourceBuffer, start, end) {
  sourceBuffer.remove(start, end);
  await next_event(sourceBuffer, "updateend");
}

/** The initialization segment of a medium, and its media segments: one a second, from a key frame on. */
async function fetch_segments(medium) {
  const bytes = await fetch_bytes(medium);
  return MEDIA[medium].type.includes("webm") ? webm_segments(bytes) : mp4_segments(bytes);
}

function mp4_segments(bytes) {
  const view = new DataView(bytes.buffer);
  const starts = [];
  for (let box = 0; box < bytes.length; box += view.getUint32(box)) {
    if (view.getUint32(box + 4) == 0x6D6F6F66) // "moof"
      starts.push(box);
  }
  return {
    initialization: bytes.subarray(0, starts[0]),
    segments: starts.map((start, index) => bytes.subarray(start, starts[index + 1])),
  };
}

/** In the file a key frame is not always the first of its cluster: here are clusters where it is. */
function webm_segments(bytes) {
  const [SEGMENT, CLUSTER, TIMESTAMP, SIMPLE_BLOCK, BLOCK_GROUP, BLOCK] =
    [0x18538067, 0x1F43B675, 0xE7, 0xA3, 0xA0, 0xA1];
  const view = new DataView(bytes.buffer);
  const seconds = [];
  let initialization;
  for (const segment of ebml_elements(bytes, 0, bytes.length).filter(({ id }) => id == SEGMENT)) {
    for (const cluster of ebml_elements(bytes, segment.data, segment.end).filter(({ id }) => id == CLUSTER)) {
      initialization ??= bytes.subarray(0, cluster.start);
      let cluster_time;
      for (const element of ebml_elements(bytes, cluster.data, cluster.end)) {
        let block = element;
        if (element.id == BLOCK_GROUP)
          block = ebml_elements(bytes, element.data, element.end).find(({ id }) => id == BLOCK);
        if (element.id == TIMESTAMP)
          cluster_time = bytes.subarray(element.data, element.end).reduce((time, byte) => 256 * time + byte, 0);
        if (block.id != SIMPLE_BLOCK && block.id != BLOCK)
          continue;
        // After the number of the track, which is one byte.
        const time = cluster_time + view.getInt16(block.data + 1);
        const second = Math.max(0, Math.floor(time / 1000));
        view.setInt16(block.data + 1, time - 1000 * second);
        (seconds[second] ??= []).push(...bytes.subarray(element.start, element.end));
      }
    }
  }
  return { initialization, segments: seconds.map((blocks, second) => webm_cluster(second, blocks)) };
}

/** A cluster at a second, of blocks whose times count from there. */
function webm_cluster(second, blocks) {
  const header = new DataView(new ArrayBuffer(14));
  header.setUint32(0, 0x1F43B675);
  header.setUint32(4, 0x10000000 + blocks.length + 6);
  header.setUint16(8, 0xE784);
  header.setUint32(10, 1000 * second);
  const cluster = new Uint8Array(14 + blocks.length);
  cluster.set(new Uint8Array(header.buffer));
  cluster.set(blocks, 14);
  return cluster;
}

/** The EBML elements between two offsets: what each is, where it starts and where its data start and end. */
function ebml_elements(bytes, start, end) {
  const elements = [];
  while (start < end) {
    const id_length = Math.clz32(bytes[start]) - 23;
    const id = bytes.subarray(start, start + id_length).reduce((id, byte) => 256 * id + byte, 0);
    const size_start = start + id_length;
    const size_length = Math.clz32(bytes[size_start]) - 23;
    const data = size_start + size_length;
    const size = bytes.subarray(size_start, data).reduce((size, byte) => 256 * size + byte, 0) - 2 ** (7 * size_length);
    elements.push({ id, start, data, end: Math.min(data + size, end) });
    start = data + size;
  }
  return elements;
}

/** An element that has got these seconds of a medium: a segment each. It shows the first picture, if that is at 0. */
async function element_with(test, medium, seconds, kind) {
  const { element, mediaSource } = await open_media_source(test, kind);
  const sourceBuffer = mediaSource.addSourceBuffer(MEDIA[medium].type);
  const { initialization, segments } = await fetch_segments(medium);
  const ready = next_event(element, seconds[0] === 0 ? "loadeddata" : "loadedmetadata");
  await append(sourceBuffer, initialization, ...seconds.map((second) => segments[second]));
  await ready;
  return { element, mediaSource, sourceBuffer, initialization, segments };
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

const canvas = document.createElement("canvas");
canvas.width = 320;
canvas.height = 180;
const context = canvas.getContext("2d", { willReadFrequently: true });

/** The number painted into the picture that the video shows now. */
function shown_frame(video) {
  context.drawImage(video, 0, 0, 320, 180);
  let number = 0;
  for (let i = 0; i < 12; i++) {
    const [red, green, blue] = context.getImageData(28 + 24 * i, 20, 1, 1).data;
    number = 2 * number + (red + green + blue > 3 * 128 ? 1 : 0);
  }
  return number;
}

/** Waits until the video shows the picture with this number. */
async function shows_frame(video, number) {
  // (What a browser paints may follow its events by a frame or two.)
  const deadline = performance.now() + PATIENCE / 3;
  while (shown_frame(video) != number && performance.now() < deadline)
    await new Promise((resolve) => requestAnimationFrame(resolve));
  assert_equals(shown_frame(video), number, `the picture at ${video.currentTime}`);
}

function frame_at(seconds) {
  return Math.floor(seconds * FRAMES_PER_SECOND + 0.001);
}

/** An iframe with an empty document of the same origin. */
async function add_iframe(test) {
  const iframe = document.createElement("iframe");
  iframe.src = "resources/empty.html";
  const loaded = next_event(iframe, "load");
  document.body.append(iframe);
  test.add_cleanup(() => iframe.remove());
  await loaded;
  return iframe;
}
