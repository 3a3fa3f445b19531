/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

"use strict";

// A worker with a MediaSource, which does what messages say and answers each: `SourceWorker` in workers.js sends them.

let mediaSource = null;
let nested = null;

function next_event(target, type) {
  return new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
}

const COMMANDS = {
  /** Makes a MediaSource and gives its handle away. */
  make() {
    mediaSource = new MediaSource();
    return mediaSource.handle;
  },
  /** Waits until the MediaSource is open, and adds a SourceBuffer of each type. */
  async open(...types) {
    if (mediaSource.readyState != "open")
      await next_event(mediaSource, "sourceopen");
    for (const type of types)
      mediaSource.addSourceBuffer(type);
  },
  /** Appends pieces to a SourceBuffer, each once the one before it has been. */
  async append(index, ...pieces) {
    const sourceBuffer = mediaSource.sourceBuffers[index];
    for (const piece of pieces) {
      sourceBuffer.appendBuffer(piece);
      await next_event(sourceBuffer, "updateend");
    }
  },
  /** Appends pieces to a SourceBuffer, so many milliseconds apart. */
  async append_live(index, pieces, interval) {
    for (const piece of pieces) {
      await new Promise((resolve) => setTimeout(resolve, interval));
      await COMMANDS.append(index, piece);
    }
  },
  async remove(index, start, end) {
    const sourceBuffer = mediaSource.sourceBuffers[index];
    sourceBuffer.remove(start, end);
    await next_event(sourceBuffer, "updateend");
  },
  set_duration(duration) {
    mediaSource.duration = duration;
  },
  end_of_stream(error) {
    mediaSource.endOfStream(error);
  },
  state() {
    const { readyState, duration, sourceBuffers, activeSourceBuffers } = mediaSource;
    return { readyState, duration, all: sourceBuffers.length, active: activeSourceBuffers.length };
  },
  /** Throws an error that nobody catches, later. */
  fail() {
    setTimeout(() => { throw new Error("a worker's own fault"); });
  },
  close() {
    self.close();
  },
  /** Makes a worker in this one, which takes its messages from `port`. */
  nest(port) {
    nested = new Worker(self.location.href);
    nested.postMessage({ port }, [port]);
  },
};

async function answer(port, { command, parameters }) {
  try {
    const result = await COMMANDS[command](...parameters);
    port.postMessage({ result }, result instanceof MediaSourceHandle ? [result] : []);
  } catch (error) {
    port.postMessage({ error: `${error.name}: ${error.message}` });
  }
}

onmessage = ({ data }) => {
  if (data.port)
    data.port.onmessage = (message) => answer(data.port, message.data);
  else
    answer(self, data);
};
