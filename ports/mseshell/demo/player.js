/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// An adaptive player: it fetches segments, appends them ahead of the playhead in the quality that
// is chosen or that the network allows, and removes what was played. It knows nothing of the page
// but its video element.

const AHEAD = 10; // seconds kept buffered after the playhead,
const BEHIND = 6; // and before it
const REPLACE_AFTER = 1; // seconds after the playhead from which another quality may replace what is buffered
const CHECK_EVERY = 250; // milliseconds
const RETRY_AFTER = 2000; // milliseconds
const CAUTION = 0.7; // the part of the measured throughput that Auto counts on

/** One SourceBuffer, and which quality each of its segments has. */
class Track {
  /** Whether somebody is at work on the SourceBuffer, which does one thing at a time. */
  busy = false;
  /** What went wrong in the last attempt to fetch or append, for the user to read, or "". */
  trouble = "";
  /** The quality that each segment was last appended in. */
  appended = [];
  #initialized = null;

  constructor(mediaSource, { type, qualities }) {
    if (!MediaSource.isTypeSupported(type)) throw new Error(`this browser cannot play ${type}`);
    this.sourceBuffer = mediaSource.addSourceBuffer(type);
    this.qualities = qualities;
  }

  /** Whether `time` (in seconds) is buffered: the browser, too, may remove what was appended. */
  holds(time) {
    const { buffered } = this.sourceBuffer;
    for (let i = 0; i < buffered.length; i++) {
      if (buffered.start(i) <= time && time < buffered.end(i)) return true;
    }
    return false;
  }

  async append(index, quality, load) {
    if (this.#initialized !== quality) {
      const initialization = await load(`${quality.folder}/init.mp4`);
      await this.#updated(() => this.sourceBuffer.appendBuffer(initialization));
      this.#initialized = quality;
    }
    const segment = await load(`${quality.folder}/${index + 1}.m4s`);
    await this.#updated(() => this.sourceBuffer.appendBuffer(segment));
    this.appended[index] = quality;
  }

  remove(end) {
    return this.#updated(() => this.sourceBuffer.remove(0, end));
  }

  #updated(start) {
    return new Promise((resolve, reject) => {
      this.sourceBuffer.onupdateend = resolve;
      this.sourceBuffer.onerror = () => reject(new Error("the browser cannot read the segment"));
      start();
    });
  }
}

/** Plays what a manifest describes in a video element. */
export class Player {
  /** Bits per second that came lately; 0 before anything came. */
  throughput = 0;
  /** The quality that the user has chosen, or null for Auto. */
  #choice = null;

  constructor(video, manifest, log) {
    this.video = video;
    this.manifest = manifest;
    this.log = log;
    this.segmentCount = Math.ceil(manifest.duration / manifest.segmentDuration);
  }

  async open() {
    this.mediaSource = new MediaSource();
    for (const type of ["sourceopen", "sourceended", "sourceclose"]) {
      this.mediaSource.addEventListener(type, () => this.log(`MediaSource: ${type}`));
    }
    const url = URL.createObjectURL(this.mediaSource);
    this.video.src = url;
    await new Promise((resolve) => (this.mediaSource.onsourceopen = resolve));
    this.mediaSource.onsourceopen = null;
    URL.revokeObjectURL(url);
    this.mediaSource.duration = this.manifest.duration;
    this.pictures = new Track(this.mediaSource, this.manifest.pictures);
    this.sound = new Track(this.mediaSource, this.manifest.sound);
    this.video.addEventListener("seeking", () => this.#feedAll());
    setInterval(() => this.#feedAll(), CHECK_EVERY);
    this.#feedAll();
  }

  /** Takes the quality called `name` from now on, or what the network allows where none is called so. */
  choose(name) {
    this.#choice = this.pictures.qualities.find((quality) => quality.name === name) ?? null;
    this.log(`${name} is chosen`);
    this.#feedAll();
  }

  /** The quality of the pictures that are shown, once there are any. */
  get shown() {
    return this.pictures?.qualities.find(({ height }) => height === this.video.videoHeight);
  }

  get trouble() {
    return this.pictures.trouble || this.sound.trouble;
  }

  #feedAll() {
    this.#feed(this.pictures);
    this.#feed(this.sound);
  }

  async #feed(track) {
    if (track.busy || this.video.error) return;
    track.busy = true;
    try {
      while (await this.#work(track));
    } catch (error) {
      track.trouble = error.message;
      this.log(`trouble: ${error.message}`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER));
    }
    track.busy = false;
    this.#endIfComplete();
  }

  /** Does the next thing that is to be done, and returns whether there was one. */
  async #work(track) {
    const end = this.#playedEnd(track);
    if (end) {
      await track.remove(end);
      if (track === this.pictures) this.log(`removed up to ${end} s`);
      return true;
    }
    const index = this.#nextSegment(track, AHEAD);
    if (index === undefined) return false;
    const quality = this.#qualityFor(track);
    await track.append(index, quality, (path) => this.#load(path));
    track.trouble = "";
    if (track === this.pictures) this.log(`segment ${index + 1} is appended in ${quality.name}`);
    return true;
  }

  /**
   * The end of the whole segments that were played a while ago, or 0 where nothing is to be removed.
   * When all has come, no room is needed.
   */
  #playedEnd(track) {
    const { segmentDuration } = this.manifest;
    const { buffered } = track.sourceBuffer;
    if (this.mediaSource.readyState === "ended" || !buffered.length) return 0;
    const end = Math.floor((this.video.currentTime - BEHIND) / segmentDuration) * segmentDuration;
    return buffered.start(0) + segmentDuration <= end ? end : 0;
  }

  /** The first segment that is missing or in the wrong quality in the next `ahead` seconds. */
  #nextSegment(track, ahead) {
    const { segmentDuration } = this.manifest;
    const position = this.video.currentTime;
    const end = Math.min(this.segmentCount, Math.ceil((position + ahead) / segmentDuration));
    const first = Math.min(end - 1, Math.floor(position / segmentDuration));
    for (let index = first; index < end; index++) {
      const start = index * segmentDuration;
      if (!track.holds(start + segmentDuration / 2)) return index;
      if (start > position + REPLACE_AFTER && this.#isReplaced(track, index)) return index;
    }
  }

  /** Auto leaves what is buffered; what the user chooses shall be seen soon. */
  #isReplaced(track, index) {
    return track === this.pictures && this.#choice && track.appended[index] !== this.#choice;
  }

  #qualityFor(track) {
    if (track === this.pictures && this.#choice) return this.#choice;
    const affordable = track.qualities.filter(({ bitrate }) => bitrate <= CAUTION * this.throughput);
    return affordable.at(-1) ?? track.qualities[0];
  }

  async #load(path) {
    const started = performance.now();
    const response = await fetch(path);
    if (!response.ok) throw new Error(`${path} cannot be had: ${response.status} ${response.statusText}`);
    const bytes = await response.arrayBuffer();
    const measured = (8000 * bytes.byteLength) / Math.max(1, performance.now() - started);
    this.throughput = this.throughput ? 0.7 * this.throughput + 0.3 * measured : measured;
    return bytes;
  }

  /** Tells the browser that nothing more comes, once all is there from the playhead to the last segment. */
  #endIfComplete() {
    const isComplete = (track) => !track.busy && this.#nextSegment(track, Infinity) === undefined;
    if (this.mediaSource.readyState === "open" && isComplete(this.pictures) && isComplete(this.sound)) {
      this.mediaSource.endOfStream();
    }
  }
}
