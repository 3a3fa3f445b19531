/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

import { Adapter } from "./adapter.js";

/** hls.js: https://github.com/video-dev/hls.js */
export class HlsAdapter extends Adapter {
  static title = "hls.js";
  static streams = {
    main: "hls/fmp4/master.m3u8",
    muxed: "hls/muxed/master.m3u8",
    ts: "hls/ts/master.m3u8",
    chunks: "hls/fmp4/master.m3u8",
    loop: "hls/fmp4/master.m3u8",
  };

  async load(url, { live, lowLatency = false, quality, ahead }) {
    const hls = (this.hls = new Hls({
      maxBufferLength: ahead,
      maxMaxBufferLength: ahead,
      // What a playlist with parts says counts only where nothing else is said.
      ...(lowLatency ? { maxLiveSyncPlaybackRate: 1.5 } : { liveSyncDurationCount: 2 }),
      startLevel: quality ?? -1,
      lowLatencyMode: lowLatency,
      liveDurationInfinity: live,
    }));
    hls.on(Hls.Events.ERROR, (_, { fatal, type, details, error }) => {
      this.tellError(fatal, `${type}: ${details}: ${error?.message ?? ""}`);
    });
    const parsed = new Promise(resolve => hls.once(Hls.Events.MANIFEST_PARSED, resolve));
    hls.attachMedia(this.video);
    hls.loadSource(url);
    await parsed;
  }

  get qualities() {
    return this.hls.levels.map(({ height }) => height);
  }

  setQuality(index) {
    this.hls.nextLevel = index ?? -1;
  }

  get languages() {
    return this.hls.audioTracks.map(({ lang }) => lang);
  }

  get language() {
    return this.hls.audioTracks[this.hls.audioTrack]?.lang;
  }

  setLanguage(language) {
    this.hls.audioTrack = this.hls.audioTracks.findIndex(({ lang }) => lang === language);
  }

  showSubtitles(language) {
    this.hls.subtitleDisplay = true;
    this.hls.subtitleTrack = this.hls.subtitleTracks.findIndex(({ lang }) => lang === language);
  }

  seekToLive() {
    this.video.currentTime = this.hls.liveSyncPosition;
  }

  async destroy() {
    this.hls.destroy();
    await super.destroy();
  }
}
