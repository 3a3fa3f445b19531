/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

/**
 * What the scenarios know of a player. Each player's adapter says the rest:
 *
 * - `static title` and `static streams`: the presentations that it plays, by the name of the format;
 * - `load(url, options)`: loads one, until its qualities are known. The options: `live`; `lowLatency`; `quality`,
 *   the index of the one to start with (otherwise the player chooses); `ahead`, the seconds to buffer ahead;
 * - `qualities`: the heights of the pictures, ascending; `setQuality(index)`, of `undefined` for the player's choice;
 * - `languages`, `language` and `setLanguage(language)` of the sound;
 * - `showSubtitles(language)`; `seekToLive()`.
 */
export class Adapter {
  /** Called with whether the player gave up, and what it says. */
  onerror = () => {};

  constructor(container) {
    this.video = container.appendChild(document.createElement("video"));
    this.video.controls = true;
    this.video.width = 640;
    this.video.height = 360;
  }

  tellError(fatal, text) {
    this.onerror(fatal, text);
  }

  /** The tracks that subtitles come in. */
  get textTracks() {
    return Array.from(this.video.textTracks);
  }

  /** The part of the presentation that can be seeked to, in seconds. */
  get seekable() {
    const { seekable } = this.video;
    return { start: seekable.start(0), end: seekable.end(seekable.length - 1) };
  }

  async destroy() {
    this.video.remove();
  }
}
