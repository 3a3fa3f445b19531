/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

import { Adapter } from "./adapter.js";

/** video.js, which plays by its part VHS (videojs-http-streaming): https://github.com/videojs/video.js */
export class VideojsAdapter extends Adapter {
  static title = "video.js (VHS)";
  static streams = {
    main: "hls/fmp4/master.m3u8",
    muxed: "hls/muxed/master.m3u8",
    ts: "hls/ts/master.m3u8",
    chunks: "hls/fmp4/master.m3u8",
    loop: "hls/fmp4/master.m3u8",
    dash: "dash/h264/manifest.mpd",
  };

  async load(url, { quality, ahead }) {
    videojs.log.level("error");
    videojs.Vhs.GOAL_BUFFER_LENGTH = ahead;
    videojs.Vhs.MAX_GOAL_BUFFER_LENGTH = ahead;
    this.video.className = "video-js";
    const player = (this.player = videojs(this.video, {
      // A live presentation is not loaded before it is to be played.
      autoplay: true,
      html5: {
        nativeAudioTracks: false,
        nativeVideoTracks: false,
        vhs: { overrideNative: true, limitRenditionByPlayerDimensions: false },
      },
    }));
    player.on("error", () => {
      const { code, message } = player.error();
      this.tellError(true, `${code}: ${message}`);
    });
    const loaded = new Promise(resolve => player.one("loadedmetadata", resolve));
    const type = url.includes(".mpd") ? "application/dash+xml" : "application/vnd.apple.mpegurl";
    // The qualities are known one by one before the first is chosen; what is not wanted is disabled then.
    player.qualityLevels().on("addqualitylevel", () => this.#enableOnly(quality));
    player.src({ src: url, type });
    await loaded;
    this.setQuality(quality);
  }

  #qualityLevels() {
    return Array.from(this.player.qualityLevels()).sort((one, other) => one.height - other.height);
  }

  #enableOnly(index) {
    this.#qualityLevels().forEach((level, i) => (level.enabled = index === undefined || i === index));
  }

  get qualities() {
    return this.#qualityLevels().map(({ height }) => height);
  }

  setQuality(index) {
    this.#enableOnly(index);
  }

  get languages() {
    return Array.from(this.player.audioTracks(), ({ language }) => language);
  }

  get language() {
    return Array.from(this.player.audioTracks()).find(({ enabled }) => enabled)?.language;
  }

  setLanguage(wanted) {
    for (const track of Array.from(this.player.audioTracks())) {
      if (track.language === wanted) track.enabled = true;
    }
  }

  get textTracks() {
    return this.player ? Array.from(this.player.textTracks()) : [];
  }

  showSubtitles(wanted) {
    this.textTracks.find(({ kind, language }) => kind === "subtitles" && language === wanted).mode = "showing";
  }

  get seekable() {
    const ranges = this.player.seekable();
    return { start: ranges.start(0), end: ranges.end(ranges.length - 1) };
  }

  seekToLive() {
    this.player.liveTracker.seekToLiveEdge();
  }

  async destroy() {
    this.player.dispose();
    await super.destroy();
  }
}
