/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// Records what is captured, and plays the recording as it comes, a moment later.

import { log } from "../page.js";

const SLICE = 250; // milliseconds
const TYPES = [
  "video/webm;codecs=vp8,opus",
  "video/webm;codecs=vp9,opus",
  "video/mp4;codecs=avc1.42E01E,mp4a.40.2",
  "video/mp4;codecs=avc1.42E01E,opus",
];

/** The types that this browser records, each with a label. */
export function listTypes() {
  const types = self.MediaRecorder ? TYPES.filter((type) => MediaRecorder.isTypeSupported(type)) : [];
  return types.map((type) => [type, type.replace(/video\/(\w+);codecs=(\w+)[^,]*,(\w+).*/, "$1 ($2, $3)")]);
}

/** A recording, which a video plays while it is made. */
export class Recording {
  #recorder;
  #parts = [];
  #buffer = null;
  #appended = Promise.resolve();

  constructor(stream, mimeType) {
    this.#recorder = new MediaRecorder(stream, { mimeType });
  }

  get isLive() {
    return this.#recorder.state !== "inactive";
  }

  /** The whole file, as far as it was recorded. */
  get file() {
    return new Blob(this.#parts, { type: this.#recorder.mimeType });
  }

  /** Begins to record, and plays in `video`. `ended` is called when all was recorded. */
  async start(video, ended) {
    const source = new MediaSource();
    video.srcObject = null;
    video.src = URL.createObjectURL(source);
    await once(source, "sourceopen");
    URL.revokeObjectURL(video.src);
    this.#recorder.ondataavailable = ({ data }) => {
      this.#parts.push(data);
      this.#appended = this.#appended.then(() => this.#append(source, data)).catch(({ message }) => log(message));
    };
    this.#recorder.onerror = ({ error }) => log(`recording: ${error.name}: ${error.message}`);
    this.#recorder.onstop = async () => {
      await this.#appended;
      if (source.readyState === "open") source.endOfStream();
      log(`recording: ${this.file.size} bytes`);
      ended(this);
    };
    this.#recorder.start(SLICE);
    video.play().catch(({ message }) => log(message));
  }

  stop() {
    if (this.isLive) this.#recorder.stop();
  }

  async #append(source, data) {
    if (!data.size || source.readyState !== "open") return;
    this.#buffer ??= source.addSourceBuffer(this.#recorder.mimeType);
    this.#buffer.appendBuffer(await data.arrayBuffer());
    await once(this.#buffer, "updateend");
  }
}

function once(target, type) {
  return new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
}
