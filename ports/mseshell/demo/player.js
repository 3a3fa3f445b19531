/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// An adaptive player: it fetches segments, appends them ahead of the playhead in the quality that
// is chosen or that the network allows, and removes what was played. It runs in a page or in a worker:
// it knows nothing of the video element but what it is told.

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
  /** The name of the quality that each segment was last appended in. */
  appended = [];
  #initialized = null;

  constructor(mediaSource, { type, qualities }) {
    this.sourceBuffer = mediaSource.addSourceBuffer(type);
    this.qualities = qualities;
  }

  /** The start and the end of each range that is buffered, in seconds. */
  get ranges() {
    const { buffered } = this.sourceBuffer;
    return Array.from({ length: buffered.length }, (_, i) => [buffered.start(i), buffered.end(i)]);
  }

  /** Whether `time` (in seconds) is buffered: the browser, too, may remove what was appended. */
  holds(time) {
    return this.ranges.some(([start, end]) => start <= time && time < end);
  }

  async append(index, quality, load) {
    if (this.#initialized !== quality) {
      const initialization = await load(`${quality.folder}/init.mp4`);
      await this.#updated(() => this.sourceBuffer.appendBuffer(initialization));
      this.#initialized = quality;
    }
    const segment = await load(`${quality.folder}/${index + 1}.m4s`);
    await this.#updated(() => this.sourceBuffer.appendBuffer(segment));
    this.appended[index] = quality.name;
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

/** Gives a video element what a manifest describes. */
export class Player {
  #page;
  #manifest;
  #mediaSource = new MediaSource();
  /** The pictures' track and the sound's, once the video element takes them. */
  #tracks = [];
  #timer;
  #playhead = { position: 0, failed: false };
  /** The name of the quality that the user has chosen, or of none for Auto. */
  #choice;
  /** Bits per second that came lately; 0 before anything came. */
  #throughput = 0;

  /** `page` can `attach` a MediaSource or its handle to the video element, `show` a state and `log` a text. */
  constructor(page) {
    this.#page = page;
  }

  /** Makes the page attach a MediaSource, and appends to it from then on. */
  async open(manifest) {
    this.#manifest = manifest;
    for (const type of ["sourceopen", "sourceended", "sourceclose"]) {
      this.#mediaSource.addEventListener(type, () => this.#page.log(`MediaSource: ${type}`));
    }
    // Only in a worker has a MediaSource a handle.
    this.#page.attach(this.#mediaSource.handle ?? this.#mediaSource);
    await new Promise((resolve) => (this.#mediaSource.onsourceopen = resolve));
    this.#mediaSource.onsourceopen = null;
    this.#mediaSource.duration = manifest.duration;
    this.#tracks = [manifest.pictures, manifest.sound].map((track) => new Track(this.#mediaSource, track));
    this.#timer = setInterval(() => this.#feedAll(), CHECK_EVERY);
    this.#feedAll();
  }

  /** Hears where the playhead is, in seconds, and whether the video element has failed. */
  follow(playhead) {
    this.#playhead = playhead;
    this.#feedAll();
  }

  /** Takes the quality called `name` from now on, or what the network allows where none is called so. */
  choose(name) {
    this.#choice = name;
    this.#feedAll();
  }

  /** Ends the player, once the video element has another source. */
  close() {
    clearInterval(this.#timer);
  }

  /** Whether the video element has not taken the MediaSource yet, or has another one now. */
  get #isClosed() {
    return this.#mediaSource.readyState === "closed";
  }

  #feedAll() {
    if (this.#isClosed) return;
    for (const track of this.#tracks) this.#feed(track);
    this.#show();
  }

  #show() {
    this.#page.show({
      tracks: this.#tracks.map(({ ranges, appended }) => ({ ranges, appended })),
      throughput: this.#throughput,
      trouble: this.#tracks.map(({ trouble }) => trouble).find(Boolean) ?? "",
    });
  }

  async #feed(track) {
    if (track.busy || this.#playhead.failed) return;
    track.busy = true;
    try {
      while (await this.#work(track)) this.#show();
    } catch (error) {
      if (this.#isClosed) return;
      track.trouble = error.message;
      this.#page.log(`trouble: ${error.message}`);
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
      if (this.#isLogged(track)) this.#page.log(`removed up to ${end} s`);
      return true;
    }
    const index = this.#nextSegment(track, AHEAD);
    if (index === undefined) return false;
    const quality = this.#qualityFor(track);
    await track.append(index, quality, (path) => this.#load(path));
    track.trouble = "";
    if (this.#isLogged(track)) this.#page.log(`segment ${index + 1} is appended in ${quality.name}`);
    return true;
  }

  /** The pictures' track is logged; the sound's would say the same again. */
  #isLogged(track) {
    return track === this.#tracks[0];
  }

  /**
   * The end of the whole segments that were played a while ago, or 0 where nothing is to be removed.
   * When all has come, no room is needed.
   */
  #playedEnd(track) {
    const { segmentDuration } = this.#manifest;
    const [first] = track.ranges;
    if (this.#mediaSource.readyState === "ended" || !first) return 0;
    const end = Math.floor((this.#playhead.position - BEHIND) / segmentDuration) * segmentDuration;
    return first[0] + segmentDuration <= end ? end : 0;
  }

  get #segmentCount() {
    return Math.ceil(this.#manifest.duration / this.#manifest.segmentDuration);
  }

  /** The first segment that is missing or in the wrong quality in the next `ahead` seconds. */
  #nextSegment(track, ahead) {
    const { segmentDuration } = this.#manifest;
    const { position } = this.#playhead;
    const end = Math.min(this.#segmentCount, Math.ceil((position + ahead) / segmentDuration));
    const first = Math.min(end - 1, Math.floor(position / segmentDuration));
    for (let index = first; index < end; index++) {
      const start = index * segmentDuration;
      if (!track.holds(start + segmentDuration / 2)) return index;
      if (start > position + REPLACE_AFTER && this.#isReplaced(track, index)) return index;
    }
  }

  /** Auto leaves what is buffered; what the user chooses shall be seen soon. */
  #isReplaced(track, index) {
    const chosen = this.#chosen(track);
    return chosen && track.appended[index] !== chosen.name;
  }

  #qualityFor(track) {
    const affordable = track.qualities.filter(({ bitrate }) => bitrate <= CAUTION * this.#throughput);
    return this.#chosen(track) ?? affordable.at(-1) ?? track.qualities[0];
  }

  #chosen(track) {
    return track.qualities.find(({ name }) => name === this.#choice);
  }

  async #load(path) {
    const started = performance.now();
    const response = await fetch(path);
    if (!response.ok) throw new Error(`${path} cannot be had: ${response.status} ${response.statusText}`);
    const bytes = await response.arrayBuffer();
    const measured = (8000 * bytes.byteLength) / Math.max(1, performance.now() - started);
    this.#throughput = this.#throughput ? 0.7 * this.#throughput + 0.3 * measured : measured;
    return bytes;
  }

  /** Tells the browser that nothing more comes, once all is there from the playhead to the last segment. */
  #endIfComplete() {
    const isComplete = (track) => !track.busy && this.#nextSegment(track, Infinity) === undefined;
    if (this.#mediaSource.readyState === "open" && this.#tracks.every(isComplete)) this.#mediaSource.endOfStream();
  }
}
