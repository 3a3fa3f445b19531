/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

import { PICTURES_PER_SECOND, readPicture } from "./picture.js";

const EVENTS = [
  "loadstart", "loadedmetadata", "loadeddata", "canplay", "play", "playing", "pause", "waiting", "stalled",
  "seeking", "seeked", "ended", "emptied", "error", "durationchange", "ratechange",
];
const LOOK_EVERY = 100; // milliseconds
const PATIENCE = 20; // seconds
/** How far, in seconds of the clock, the picture may be from `currentTime`: it is looked at while it changes. */
const TOLERANCE = 0.5;
/** The pictures start again with 0 after so many seconds, where a presentation is live. */
const LOOP = 24;

/** One player, loaded with one presentation, and all that the page sees of it. */
export class Playback {
  /** Each picture once: its `number`, its `quality`, and the `time` and `rate` of the element. */
  pictures = [];
  /** The names of the media events, in order. */
  events = [];
  /** Seconds from `load` to the first picture. */
  startUp = null;
  /** How often playback waited for data after it had begun, not counting seeks. */
  rebuffers = 0;
  /** Since when the time of the element has not changed, by the page's clock in milliseconds. */
  #stoodSince = performance.now();
  #lastTime = 0;
  #failure = null;
  #begun = false;
  #looking = 0;

  constructor(Adapter, container, session, log) {
    this.session = session;
    this.log = log;
    this.player = new Adapter(container);
    this.video = this.player.video;
    this.player.onerror = (fatal, text) => {
      log(`${fatal ? "error" : "warning"} of the player: ${text}`);
      if (fatal) this.#failure ??= `the player gave up: ${text}`;
    };
    for (const name of EVENTS) this.video.addEventListener(name, () => this.#handleEvent(name));
  }

  #handleEvent(name) {
    this.events.push(name);
    const { currentTime, readyState, error } = this.video;
    this.log(`${name} at ${currentTime.toFixed(3)}, readyState ${readyState}, buffered ${this.bufferedText}`);
    if (name === "playing") {
      this.#begun = true;
      this.#stoodSince = performance.now();
    }
    // Shaka Player holds the playback itself, by the rate.
    const waits = name === "waiting" || (name === "ratechange" && this.video.playbackRate === 0);
    if (waits && this.#begun && readyState > 0 && !this.video.seeking) this.rebuffers += 1;
    if (name === "error" && error) this.#failure ??= `the element's error ${error.code}: ${error.message}`;
  }

  /** Loads a presentation and plays it from where the player likes to begin. */
  async load(url, options = {}) {
    const began = performance.now();
    this.isLive = Boolean(options.live);
    this.log(`load ${url}`);
    this.#looking = setInterval(() => this.#look(began), LOOK_EVERY);
    await this.#within(30, "the player loads the presentation", this.player.load(url, { ahead: 4, ...options }));
    this.log(`loaded: qualities ${this.player.qualities}, languages ${this.player.languages}`);
    this.video.play().catch(error => (this.#failure ??= `play(): ${error}`));
    await this.until("the first picture", () => this.pictures.length > 0);
  }

  #look(began) {
    if (this.video.currentTime !== this.#lastTime) this.#stoodSince = performance.now();
    this.#lastTime = this.video.currentTime;
    const picture = readPicture(this.video);
    if (!picture || this.video.seeking) return;
    this.startUp ??= (performance.now() - began) / 1000;
    if (picture.number !== this.pictures.at(-1)?.number) {
      const { currentTime, playbackRate } = this.video;
      if (picture.quality !== this.pictures.at(-1)?.quality) this.log(`quality ${picture.quality} at ${currentTime}`);
      this.pictures.push({ ...picture, time: currentTime, rate: playbackRate });
    }
  }

  async destroy() {
    clearInterval(this.#looking);
    const quality = this.video.getVideoPlaybackQuality?.();
    this.frames = { total: quality?.totalVideoFrames ?? 0, dropped: quality?.droppedVideoFrames ?? 0 };
    await this.player.destroy();
  }

  /** Waits until `condition()` holds, which `what` describes. */
  async until(what, condition, seconds = PATIENCE) {
    const end = performance.now() + seconds * 1000;
    while (!(await condition())) {
      if (this.#failure) throw new Error(this.#failure);
      if (performance.now() > end) throw new Error(`${what}: not within ${seconds} s; ${this.state}`);
      await pause(0.05);
    }
    if (this.#failure) throw new Error(this.#failure);
  }

  async #within(seconds, what, promise) {
    let done = false;
    let failure = null;
    promise.then(() => (done = true), error => (failure = error));
    await this.until(what, () => {
      if (failure) throw failure;
      return done;
    }, seconds);
  }

  /** For how many seconds playback has stood still. */
  get standstill() {
    return (performance.now() - this.#stoodSince) / 1000;
  }

  /** Waits until `seconds` more were played, and checks that the pictures went with the time. */
  async playFor(seconds, patience = PATIENCE) {
    const { currentTime } = this.video;
    const first = this.pictures.length;
    const rate = this.video.playbackRate || 1;
    await this.until(
      `play from ${currentTime.toFixed(2)} s for ${seconds} s`,
      () => this.video.currentTime >= currentTime + seconds,
      seconds / rate + patience,
    );
    const seen = this.pictures.slice(first);
    check(seen.length >= 3 * seconds / rate, `only ${seen.length} pictures were seen in ${seconds} s`);
    this.checkPictures(seen);
  }

  /** Whether the pictures show what belongs to their times, from the presentation's own beginning on. */
  checkPictures(pictures) {
    const zero = this.isLive ? offset(this.pictures[0]) : 0;
    for (const picture of pictures) {
      const turns = this.isLive ? Math.round((offset(picture) - zero) / LOOP) : 0;
      const away = Math.abs(offset(picture) - zero - turns * LOOP);
      const message = `picture ${picture.number} was seen at ${picture.time.toFixed(3)} s, ${away.toFixed(2)} s away`;
      check(away <= TOLERANCE * Math.max(1, picture.rate), message);
    }
  }

  /** Seeks, and waits until the picture that belongs there is shown. */
  async seek(time) {
    this.log(`seek to ${time.toFixed(3)}`);
    const seeked = this.count("seeked");
    this.video.currentTime = time;
    await this.until(`seek to ${time.toFixed(2)} s`, () => this.count("seeked") > seeked && !this.video.seeking);
    const before = this.pictures.length;
    await this.until("the picture after a seek", () => this.pictures.length > before);
    this.checkPictures(this.pictures.slice(before));
    const { currentTime } = this.video;
    const near = currentTime >= time - TOLERANCE && currentTime < time + 5;
    check(near, `after a seek to ${time} s it is ${currentTime} s`);
  }

  /** Waits until a picture of a quality is shown. */
  async untilQuality(quality, seconds) {
    await this.until(`a picture of quality ${quality}`, () => this.pictures.at(-1)?.quality === quality, seconds);
  }

  count(name) {
    return this.events.filter(event => event === name).length;
  }

  /** The end of what is buffered from `time` on without a hole; `undefined` if `time` is not buffered. */
  bufferedEnd(time = this.video.currentTime) {
    const { buffered } = this.video;
    for (let i = 0; i < buffered.length; i++) {
      if (buffered.start(i) <= time && time < buffered.end(i)) return buffered.end(i);
    }
    return undefined;
  }

  get bufferedText() {
    const { buffered } = this.video;
    const ranges = Array.from(buffered, (_, i) => `${buffered.start(i).toFixed(2)}-${buffered.end(i).toFixed(2)}`);
    return `[${ranges.join(" ")}]`;
  }

  get state() {
    const { currentTime, readyState, paused, seeking, ended, duration } = this.video;
    const picture = this.pictures.at(-1);
    const flags = Object.entries({ paused, seeking, ended }).filter(([, is]) => is).map(([name]) => name);
    return `at ${currentTime.toFixed(3)} of ${duration} s ${flags}, readyState ${readyState}, buffered ${
      this.bufferedText}, picture ${picture?.number} of quality ${picture?.quality}`;
  }
}

/** Where on the element's timeline the presentation's picture 0 lies, by this picture. */
function offset({ number, time }) {
  return number / PICTURES_PER_SECOND - time;
}

export function check(holds, message) {
  if (!holds) throw new Error(message);
}

export function pause(seconds) {
  return new Promise(resolve => setTimeout(resolve, seconds * 1000));
}
