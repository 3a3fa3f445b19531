/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

"use strict";

// What the measuring pages share.

const PATIENCE = 60000;
const BUFFERED_AHEAD = 15;
const PIECE = 1 << 18;

function parameters() {
  return JSON.parse(new URLSearchParams(location.search).get("parameters"));
}

async function report(name, result) {
  await fetch(`/report/${name}`, { method: "POST", body: JSON.stringify(result) });
}

function report_error(error) {
  report("end", { error: String(error) });
}

/** Resolves with the next event of that type; rejects if `error` comes first, or nothing at all. */
function next_event(target, type) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${type} did not come`)), PATIENCE);
    const settle = (done, value) => {
      clearTimeout(timer);
      target.removeEventListener(type, come);
      target.removeEventListener("error", fail);
      done(value);
    };
    const come = (event) => settle(resolve, event);
    const fail = () => settle(reject, new Error(`error came, not ${type}`));
    target.addEventListener(type, come);
    target.addEventListener("error", fail);
  });
}

async function fetch_bytes(file) {
  return new Uint8Array(await (await fetch(file)).arrayBuffer());
}

async function open_media_source(element, type) {
  const mediaSource = new MediaSource();
  element.src = URL.createObjectURL(mediaSource);
  await next_event(mediaSource, "sourceopen");
  return { mediaSource, sourceBuffer: mediaSource.addSourceBuffer(type) };
}

async function append(sourceBuffer, bytes) {
  const end = next_event(sourceBuffer, "updateend");
  sourceBuffer.appendBuffer(bytes);
  await end;
}

/** Appends a clip piece by piece, never far ahead of the playback position. */
async function feed(element, sourceBuffer, bytes) {
  const is_full = () => element.buffered.length && element.buffered.end(0) - element.currentTime > BUFFERED_AHEAD;
  for (let start = 0; start < bytes.length; start += PIECE) {
    while (is_full())
      await next_event(element, "timeupdate");
    await append(sourceBuffer, bytes.subarray(start, start + PIECE));
  }
}

async function remove(sourceBuffer, start, end) {
  const done = next_event(sourceBuffer, "updateend");
  sourceBuffer.remove(start, end);
  await done;
}

/** The initialization segment of a fragmented MP4 file, and its fragments. */
function fragments_of(bytes) {
  const view = new DataView(bytes.buffer);
  const starts = [];
  for (let box = 0; box < bytes.length; box += view.getUint32(box)) {
    if (String.fromCharCode(...bytes.subarray(box + 4, box + 8)) == "moof")
      starts.push(box);
  }
  const fragments = starts.map((start, index) => bytes.subarray(start, starts[index + 1]));
  return { initialization: bytes.subarray(0, starts[0]), fragments };
}
