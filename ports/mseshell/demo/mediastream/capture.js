/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// What is captured.

import { log } from "../page.js";

const EVENTS = ["mute", "unmute", "ended"];

/** The stream that is captured now, if any, and the events of its tracks. */
export class Capture {
  stream = null;

  /** The track of a kind, `video` or `audio`, also after it has ended. */
  track(kind) {
    return this.stream?.getTracks().find((track) => track.kind === kind);
  }

  get isLive() {
    return this.stream?.active ?? false;
  }

  /** Captures anew. What was captured until then goes on if that fails. */
  async start(constraints) {
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    this.stop();
    for (const track of stream.getTracks()) {
      for (const type of EVENTS) track.addEventListener(type, () => log(`${track.label}: ${type}`));
    }
    this.stream = stream;
  }

  /** Applies the constraints of each kind to its track. */
  async apply(constraints) {
    for (const track of this.#liveTracks) await track.applyConstraints(constraints[track.kind]);
  }

  stop() {
    for (const { kind } of this.#liveTracks) this.stopTrack(kind);
  }

  stopTrack(kind) {
    const track = this.track(kind);
    track.stop();
    log(`${track.label} is stopped`); // No event says so.
  }

  /** Disables a track that is enabled, and the other way round. */
  switchTrack(kind) {
    const track = this.track(kind);
    track.enabled = !track.enabled;
    log(`${track.label} is ${track.enabled ? "enabled" : "disabled"}`);
  }

  get #liveTracks() {
    return this.stream?.getTracks().filter(({ readyState }) => readyState === "live") ?? [];
  }
}
