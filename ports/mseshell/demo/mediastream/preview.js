/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// One of the videos that show what is captured.

import { log, show } from "../page.js";

const EVENTS = ["loadedmetadata", "playing", "waiting", "pause", "ended", "error"];
const SECOND = 1000; // milliseconds

/** A video that shows a stream, with its events and a read-out. */
export class Preview {
  #video;
  /** When each picture of the last second was shown. */
  #shown = [];

  constructor(video) {
    this.#video = video;
    for (const type of EVENTS) video.addEventListener(type, () => log(`${video.id}: ${type}`));
    video.addEventListener("resize", () => log(`${video.id}: resize to ${this.#size}`));
    if (video.requestVideoFrameCallback) this.#count();
  }

  /** Plays a stream. Rejects if that is refused. */
  async play(stream) {
    this.#video.srcObject = stream;
    await this.#video.play();
  }

  /** Says below the video what it shows. */
  refresh() {
    this.#forget();
    const { totalVideoFrames, droppedVideoFrames } = this.#video.getVideoPlaybackQuality();
    const rate = `${this.#shown.length} a second, ${droppedVideoFrames} of ${totalVideoFrames} lost`;
    show(`${this.#video.id}-shows`, this.#video.videoWidth ? `${this.#size}, ${rate}` : "no picture");
  }

  get #size() {
    return `${this.#video.videoWidth} × ${this.#video.videoHeight}`;
  }

  #count() {
    this.#video.requestVideoFrameCallback((now) => {
      this.#shown.push(now);
      this.#forget();
      this.#count();
    });
  }

  #forget() {
    while (this.#shown[0] < performance.now() - SECOND) this.#shown.shift();
  }
}
