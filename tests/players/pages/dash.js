/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

import { Adapter } from "./adapter.js";

/** dash.js: https://github.com/Dash-Industry-Forum/dash.js */
export class DashAdapter extends Adapter {
  static title = "dash.js";
  static streams = {
    main: "dash/h264/manifest.mpd",
    vp9: "dash/vp9/manifest.mpd",
    chunks: "dash/h264/manifest.mpd",
  };

  async load(url, { live, lowLatency, quality, ahead }) {
    const player = (this.player = dashjs.MediaPlayer().create());
    const { events } = dashjs.MediaPlayer;
    player.updateSettings({
      debug: { logLevel: dashjs.Debug.LOG_LEVEL_NONE },
      streaming: {
        buffer: {
          bufferTimeDefault: ahead,
          bufferTimeAtTopQuality: ahead,
          bufferTimeAtTopQualityLongForm: ahead,
        },
        delay: live ? { liveDelay: lowLatency ? 2 : 4 } : {},
        abr: {
          initialBitrate: quality === undefined ? {} : { video: quality === 0 ? 1 : 1e6 },
          autoSwitchBitrate: { video: quality === undefined },
          limitBitrateByPortal: false,
        },
      },
    });
    player.on(events.ERROR, ({ error }) => {
      this.tellError(true, `${error.code}: ${error.message}`);
    });
    const initialized = new Promise(resolve => player.on(events.STREAM_INITIALIZED, resolve));
    player.initialize(this.video, url, false);
    await initialized;
    if (quality !== undefined) this.setQuality(quality);
  }

  get qualities() {
    return this.player.getRepresentationsByType("video").map(({ height }) => height);
  }

  setQuality(index) {
    const automatic = index === undefined;
    this.player.updateSettings({ streaming: { abr: { autoSwitchBitrate: { video: automatic } } } });
    if (!automatic) this.player.setRepresentationForTypeByIndex("video", index, true);
  }

  get languages() {
    return this.player.getTracksFor("audio").map(({ lang }) => lang);
  }

  get language() {
    return this.player.getCurrentTrackFor("audio")?.lang;
  }

  setLanguage(language) {
    const track = this.player.getTracksFor("audio").find(({ lang }) => lang === language);
    this.player.setCurrentTrack(track);
  }

  showSubtitles(language) {
    this.player.enableText(true);
    this.player.setTextTrack(this.player.getTracksFor("text").findIndex(({ lang }) => lang === language));
  }

  seekToLive() {
    this.player.seekToOriginalLive();
  }

  async destroy() {
    this.player.destroy();
    await super.destroy();
  }
}
