/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

import { Adapter } from "./adapter.js";

/** Shaka Player: https://github.com/shaka-project/shaka-player */
export class ShakaAdapter extends Adapter {
  static title = "Shaka Player";
  static streams = {
    main: "dash/h264/manifest.mpd",
    vp9: "dash/vp9/manifest.mpd",
    hls: "hls/fmp4/master.m3u8",
    ts: "hls/ts/master.m3u8",
    chunks: "dash/h264/manifest.mpd",
    loop: "hls/fmp4/master.m3u8",
  };

  async load(url, { live, lowLatency = false, quality, ahead }) {
    shaka.polyfill.installAll();
    const player = (this.player = new shaka.Player());
    player.addEventListener("error", ({ detail }) => {
      const fatal = detail.severity === shaka.util.Error.Severity.CRITICAL;
      this.tellError(fatal, `${detail.code}: ${detail.message}`);
    });
    player.configure({
      streaming: { lowLatencyMode: lowLatency, bufferingGoal: ahead, rebufferingGoal: 1, bufferBehind: 30 },
      abr: { enabled: quality === undefined, restrictToElementSize: false },
      manifest: live ? { defaultPresentationDelay: lowLatency ? 2 : 4 } : {},
    });
    await player.attach(this.video);
    await player.load(url);
    if (quality !== undefined) this.setQuality(quality);
  }

  #videoTracks() {
    return this.player.getVideoTracks().sort((one, other) => one.height - other.height);
  }

  get qualities() {
    return this.#videoTracks().map(({ height }) => height);
  }

  setQuality(index) {
    const automatic = index === undefined;
    this.player.configure({ abr: { enabled: automatic } });
    if (!automatic) this.player.selectVideoTrack(this.#videoTracks()[index], true, 1);
  }

  get languages() {
    return this.player.getAudioTracks().map(({ language }) => language);
  }

  get language() {
    return this.player.getAudioTracks().find(({ active }) => active)?.language;
  }

  setLanguage(wanted) {
    const track = this.player.getAudioTracks().find(({ language }) => language === wanted);
    this.player.selectAudioTrack(track);
  }

  showSubtitles(wanted) {
    this.player.selectTextTrack(this.player.getTextTracks().find(({ language }) => language === wanted));
  }

  get seekable() {
    return this.player.seekRange();
  }

  seekToLive() {
    this.player.goToLive();
  }

  async destroy() {
    await this.player.destroy();
    await super.destroy();
  }
}
