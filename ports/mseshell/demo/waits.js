/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// How often and how long a video waits for media.

export class Waits {
  count = 0;
  #milliseconds = 0;
  /** When the video began to wait, or null while it does not. */
  #since = null;

  constructor(video) {
    video.addEventListener("emptied", () => this.#reset());
    video.addEventListener("waiting", () => this.#begin());
    video.addEventListener("playing", () => this.#end());
  }

  /** The seconds that the video has waited since it got its source. */
  get seconds() {
    return (this.#milliseconds + this.#sinceLast) / 1000;
  }

  get #sinceLast() {
    return this.#since === null ? 0 : performance.now() - this.#since;
  }

  #reset() {
    this.count = 0;
    this.#milliseconds = 0;
    this.#since = null;
  }

  #begin() {
    if (this.#since !== null) return;
    this.count++;
    this.#since = performance.now();
  }

  #end() {
    this.#milliseconds += this.#sinceLast;
    this.#since = null;
  }
}
