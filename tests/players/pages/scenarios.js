/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

import { check } from "./playback.js";
import { PICTURES_PER_SECOND } from "./picture.js";

const DURATION = 24; // seconds, of each presentation on demand
const LAST_PICTURE = DURATION * PICTURES_PER_SECOND - 1;
const LOWEST = 0;
const HIGHEST = 2;

/** Bytes a second at which only the lowest quality comes in time. */
const SLOW = 60000;
/** Bytes a second at which the highest quality comes somewhat faster than it is played. */
const FAST = 300000;
/** The pictures from 10 to 12 s, in every quality. */
const SIXTH_SEGMENT = String.raw`/video-\d/6\.`;
/** The sound, too: a browser may play the sound on for some time where only pictures are missing. */
const SIXTH_SEGMENTS = String.raw`/(video|audio)-\w+/6\.`;

/**
 * What is tried with each player. `run` gets a `stage`, which makes playbacks and says what the browser was
 * started with; it throws where something is not as it ought to be. `stream` names what the player must have.
 */
export const SCENARIOS = [
  { name: "vod", title: "From start to end", run: playToEnd, stream: "main" },
  { name: "vod-muxed", title: "Sound and pictures in one SourceBuffer", run: playToEnd, stream: "muxed" },
  { name: "vod-ts", title: "MPEG-2 TS", run: playToEnd, stream: "ts" },
  { name: "vod-hls", title: "HLS, where DASH is the player's first", run: playToEnd, stream: "hls" },
  { name: "vod-dash", title: "DASH, where HLS is the player's first", run: playToEnd, stream: "dash" },
  { name: "vod-vp9", title: "VP9 and Opus in WebM", run: playToEnd, stream: "vp9" },
  { name: "seek", title: "Seek forward and back, to what is buffered and what is not", run: seek },
  { name: "switch", title: "Another quality by choice, up and down", run: switchQuality },
  { name: "throttle", title: "Another quality by the network's speed, up and down", run: throttle },
  { name: "audio", title: "Another language", run: switchLanguage },
  { name: "subtitles", title: "Subtitles as cues", run: showSubtitles },
  { name: "live", title: "Live, from the edge", run: playLive },
  { name: "live-seek", title: "Live, seeks in the window", run: seekLive },
  { name: "live-chunks", title: "Live, segments in chunks while they are made", run: playChunks, stream: "chunks" },
  { name: "live-loop", title: "Live, timestamps that begin anew", run: playLoop, stream: "loop" },
  { name: "stall", title: "A segment comes late", run: stall },
  { name: "retry", title: "A segment is missing at first", run: retry },
  { name: "quota", title: "The SourceBuffer is full", run: fillQuota },
  { name: "two", title: "Two players on one page", run: playTwo },
  { name: "reload", title: "Destroy and load again, 20 times", run: reload },
];

async function playToEnd(stage, { stream }) {
  const playback = await stage.play(stream);
  await playback.playFor(3);
  playback.video.playbackRate = 2;
  await playback.until("the end", () => playback.count("ended") > 0, 40);
  await playback.until("the last picture", () => playback.pictures.at(-1).number >= LAST_PICTURE - 1, 2);
  playback.checkPictures(playback.pictures);
  const { currentTime, duration } = playback.video;
  check(Math.abs(duration - DURATION) < 0.3, `the duration is ${duration} s`);
  check(playback.video.ended && currentTime === duration, `the end is at ${currentTime} s of ${duration} s`);
  check(playback.count("ended") === 1, `ended was fired ${playback.count("ended")} times`);
}

async function seek(stage) {
  const playback = await stage.play("main");
  await playback.playFor(2);
  const { video } = playback;

  await playback.until("buffered ahead", () => playback.bufferedEnd() > video.currentTime + 1.5);
  await playback.seek(playback.bufferedEnd() - 0.5);
  await playback.playFor(1);

  await playback.seek(unbuffered(playback, 20));
  await playback.playFor(1);

  const begun = video.currentTime;
  await playback.seek(begun - 0.7);
  await playback.playFor(1);

  await playback.seek(unbuffered(playback, 17));
  await playback.playFor(2);
}

/** `time`, of which the scenario needs that it is not buffered. */
function unbuffered(playback, time) {
  check(playback.bufferedEnd(time) === undefined, `${time} s is buffered already: ${playback.bufferedText}`);
  return time;
}

async function switchQuality(stage) {
  const playback = await stage.play("main", { quality: LOWEST });
  check(playback.player.qualities.length === HIGHEST + 1, `the qualities are ${playback.player.qualities}`);
  await playback.untilQuality(LOWEST);
  await playback.playFor(2);
  playback.player.setQuality(HIGHEST);
  await playback.untilQuality(HIGHEST, 12);
  check(playback.video.videoHeight === playback.player.qualities[HIGHEST], `videoHeight ${playback.video.videoHeight}`);
  await playback.playFor(1);
  playback.player.setQuality(LOWEST);
  await playback.untilQuality(LOWEST, 12);
  await playback.playFor(1);
}

async function throttle(stage) {
  const playback = await stage.play("main", { live: true });
  const quality = () => playback.pictures.at(-1).quality;
  await playback.until("more than the lowest quality", () => quality() > LOWEST, 30);
  const fast = quality();
  await playback.session.throttle(SLOW);
  await playback.until(`less than quality ${fast}`, () => quality() < fast, 40);
  const slow = quality();
  await playback.session.throttle(0);
  await playback.until(`more than quality ${slow}`, () => quality() > slow, 60);
  await playback.playFor(1);
}

async function switchLanguage(stage) {
  const playback = await stage.play("main");
  const { player } = playback;
  await playback.playFor(2);
  check(player.languages.length === 2, `the languages are ${player.languages}`);
  const other = player.languages.find(language => language !== player.language);
  const before = (await playback.session.requests()).length;
  player.setLanguage(other);
  await playback.until(`the language ${other}`, () => player.language === other);
  await playback.until("a segment of the other language", async () => {
    const requests = (await playback.session.requests()).slice(before);
    return requests.some(({ path }) => path.includes(`/audio-${other}/`) && !path.endsWith("m3u8"));
  });
  await playback.playFor(6);
}

async function showSubtitles(stage) {
  const playback = await stage.play("main");
  const { player, video } = playback;
  player.showSubtitles("fr");
  for (const second of [4, 8]) {
    await playback.until(`the time of the cue from ${second} s`, () => video.currentTime >= second + 0.6);
    const shown = shownCues(player);
    check(shown.length === 1, `${shown.length} cues are shown at ${video.currentTime} s; ${cuesText(playback)}`);
    const [{ startTime, endTime, text }] = shown;
    check(text.endsWith(`seconde ${second}`), `the cue at ${video.currentTime} s is "${text}"`);
    check(Math.abs(startTime - second - 0.25) < 0.1 && Math.abs(endTime - second - 1.75) < 0.1,
      `the cue "${text}" is from ${startTime} to ${endTime} s`);
  }
  // Between two cues there is none for half a second.
  await playback.until("no cue after one", () => video.currentTime >= 9.85 && shownCues(player).length === 0, 4);
  check(video.currentTime < 10.25, `no cue is shown only at ${video.currentTime} s`);
}

function shownCues(player) {
  const showing = player.textTracks.filter(({ kind, mode }) => kind === "subtitles" && mode === "showing");
  return showing.flatMap(({ activeCues }) => Array.from(activeCues ?? []));
}

function cuesText(playback) {
  return playback.player.textTracks
    .map(({ kind, mode, cues }) => `${kind} ${mode} ${Array.from(cues ?? [], cue => cue.startTime)}`)
    .join("; ");
}

async function playLive(stage) {
  const playback = await stage.play("main", { live: true });
  await playback.playFor(1);
  const began = performance.now();
  const from = playback.video.currentTime;
  await playback.playFor(7);
  const lost = (performance.now() - began) / 1000 - (playback.video.currentTime - from);
  check(lost < 2, `playback lost ${lost.toFixed(1)} s while it was at the edge`);
  checkEdge(playback);
}

function checkEdge(playback) {
  const { end } = playback.player.seekable;
  const behind = end - playback.video.currentTime;
  check(behind > -1 && behind < 9, `playback is ${behind.toFixed(1)} s behind the edge of ${end} s`);
}

async function seekLive(stage) {
  const playback = await stage.play("main", { live: true });
  await playback.playFor(1);
  const { start, end } = playback.player.seekable;
  check(end - start > 6, `the window is ${start} to ${end} s`);
  await playback.seek(playback.video.currentTime - 3);
  await playback.playFor(1);
  await playback.seek(playback.player.seekable.start + 2);
  await playback.playFor(2);
  const seeked = playback.count("seeked");
  playback.player.seekToLive();
  await playback.until("the seek to the edge", () => playback.count("seeked") > seeked && !playback.video.seeking);
  await playback.playFor(2);
  checkEdge(playback);
}

async function playChunks(stage) {
  const playback = await stage.play("chunks", { live: true, lowLatency: true, of: { low_latency: 1 } });
  await playback.playFor(8);
  const { end } = playback.player.seekable;
  const behind = end - playback.video.currentTime;
  check(behind < 3.5, `playback is ${behind.toFixed(1)} s behind the edge of ${end} s`);
}

async function playLoop(stage) {
  // After 72 s, three times the presentation on demand, it begins anew.
  const playback = await stage.play("loop", { live: true, of: { start: 70, discontinuity: 1 } });
  const numbers = () => playback.pictures.map(({ number }) => number);
  const hasBegunAnew = () => numbers().some((number, i) => number < numbers()[i - 1] - LAST_PICTURE / 2);
  await playback.until("pictures before and after the first one", hasBegunAnew, 30);
  await playback.playFor(3);
  playback.checkPictures(playback.pictures);
}

async function stall(stage) {
  const playback = await stage.play("main", {
    quality: LOWEST,
    before: session => session.withhold(SIXTH_SEGMENTS, 16),
  });
  const { video } = playback;
  await playback.until("playback waits", () => playback.standstill > 2, 25);
  const stood = video.currentTime;
  check(stood > 8 && stood < 10.5, `playback waits at ${stood} s instead of 10 s`);
  await playback.until("playback goes on", () => video.currentTime > stood + 0.5, 25);
  await playback.playFor(3);
}

async function retry(stage) {
  // The quality is free: a player may go on in another one.
  const playback = await stage.play("main", { before: session => session.fail(SIXTH_SEGMENT, 404, 1) });
  await playback.until("the segment that fails is past", () => playback.video.currentTime > 13, 40);
  playback.checkPictures(playback.pictures);
  const requests = await playback.session.requests();
  const failed = requests.findIndex(({ status }) => status === 404);
  check(failed >= 0, "no request failed");
}

async function fillQuota(stage) {
  if (!stage.quota) stage.skip("the browser was not started with a small quota");
  let refused = 0;
  const { appendBuffer } = SourceBuffer.prototype;
  SourceBuffer.prototype.appendBuffer = function (data) {
    try {
      return appendBuffer.call(this, data);
    } catch (error) {
      if (error.name === "QuotaExceededError") refused += 1;
      throw error;
    }
  };
  // Some seconds are played before the SourceBuffer is full: then there is something that a player can remove.
  const before = session => session.throttle(FAST);
  const playback = await stage.play("main", { quality: HIGHEST, ahead: 60, before });
  await playback.until("the end", () => playback.count("ended") > 0, 60);
  playback.checkPictures(playback.pictures);
  check(refused > 0, "appendBuffer did not throw QuotaExceededError");
}

async function playTwo(stage) {
  const [one, other] = await Promise.all([stage.play("main"), stage.play("main")]);
  await Promise.all([one.playFor(3), other.playFor(3)]);
  await Promise.all([one.seek(16), other.playFor(2)]);
  await Promise.all([one.playFor(2), other.playFor(2)]);
  check(other.video.currentTime < 14, `the seek of one moved the other to ${other.video.currentTime} s`);
  await stage.leave(one);
  await other.playFor(3);
}

async function reload(stage) {
  for (let round = 1; round <= 20; round++) {
    const playback = await stage.play("main");
    await playback.until(`round ${round} plays`, () => playback.video.currentTime > 0.3);
    playback.checkPictures(playback.pictures);
    await stage.leave(playback);
  }
}
