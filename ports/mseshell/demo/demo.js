/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// The page around the player: buttons, seek bar, read-outs and the log.

import { keepBusy } from "./busy.js";
import { element, log, pressOnly, show, toggle } from "./page.js";
import { Player } from "./player.js";
import { Waits } from "./waits.js";
import { WorkerPlayer } from "./worker_player.js";

const REFRESH_EVERY = 100; // milliseconds
const PRINT_EVERY = 1000; // milliseconds
const KEY_STEP = 2; // seconds
const READY_STATES = ["HAVE_NOTHING", "HAVE_METADATA", "HAVE_CURRENT_DATA", "HAVE_FUTURE_DATA", "HAVE_ENOUGH_DATA"];
const EVENTS = ["loadedmetadata", "durationchange", "loadeddata", "canplay", "canplaythrough", "play",
  "playing", "waiting", "seeking", "seeked", "pause", "ended", "error"];
const COLOURS = { Low: "#d9822b", High: "#0f8f83", Sound: "#4b6b8f" };

const video = element("video");
const bar = element("seek");
const waits = new Waits(video);
let manifest;
let player;
/** What the player has shown last. */
let state = { tracks: [], throughput: 0, trouble: "" };

function ranges(buffered) {
  return Array.from({ length: buffered.length }, (_, i) => [buffered.start(i), buffered.end(i)]);
}

function ahead() {
  const range = ranges(video.buffered).find(([start, end]) => start <= video.currentTime && video.currentTime <= end);
  return range ? range[1] - video.currentTime : 0;
}

function frames() {
  const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
  return `${droppedVideoFrames} of ${totalVideoFrames}`;
}

/** The quality of the pictures that are seen, once there are any. */
function seen() {
  return manifest.pictures.qualities.find(({ height }) => height === video.videoHeight);
}

/** The pictures' segments in the colour of their quality, the sound's below them, and the playhead. */
function drawBar() {
  const context = bar.getContext("2d");
  const { duration, segmentDuration } = manifest;
  const [pictures, sound] = state.tracks;
  const x = (seconds) => (seconds / duration) * bar.width;
  context.clearRect(0, 0, bar.width, bar.height);
  for (const [track, top, height] of [[pictures, 8, 20], [sound, 30, 6]]) {
    context.fillStyle = "#232c37";
    context.fillRect(0, top, bar.width, height);
    for (const [start, end] of track?.ranges ?? []) {
      for (let index = Math.floor(start / segmentDuration); index * segmentDuration < end; index++) {
        const left = x(Math.max(start, index * segmentDuration));
        const right = x(Math.min(end, (index + 1) * segmentDuration));
        context.fillStyle = COLOURS[track.appended[index]] ?? "#66717d";
        context.fillRect(left, top, right - left - 1, height);
      }
    }
  }
  context.fillStyle = "#ffffff";
  context.fillRect(Math.min(x(video.currentTime), bar.width - 3), 2, 3, bar.height - 4);
}

function refresh() {
  show("play", video.ended ? "Replay" : video.paused ? "Play" : "Pause");
  show("time", `${video.currentTime.toFixed(1)} / ${manifest.duration.toFixed(1)} s`);
  show("ahead", `${ahead().toFixed(1)} s`);
  show("ready", `${video.readyState} ${READY_STATES[video.readyState]}`);
  show("quality", seen()?.name ?? "–");
  show("size", `${video.videoWidth} × ${video.videoHeight}`);
  show("frames", frames());
  show("waits", `${waits.count}, ${waits.seconds.toFixed(1)} s in all`);
  show("throughput", `${(state.throughput / 1e6).toFixed(1)} Mbit/s`);
  show("trouble", video.error ? `It cannot be played: ${video.error.message}` : state.trouble);
  bar.setAttribute("aria-valuenow", video.currentTime.toFixed(1));
  drawBar();
}

function print() {
  const buffered = ranges(video.buffered).map(([start, end]) => `${start.toFixed(2)}..${end.toFixed(2)}`).join(" ");
  console.log(`        position ${video.currentTime.toFixed(2)}, buffered ${buffered || "nothing"}, ` +
    `${seen()?.name ?? "no picture"}, ${frames()} frames dropped, ${waits.count} waits`);
}

function togglePlay() {
  if (!video.paused && !video.ended) return video.pause();
  video.play().catch((error) => log(`play() was refused: ${error.message}`));
}

function choose(button) {
  pressOnly(button, document.querySelectorAll("[data-quality]"));
  log(`${button.dataset.quality} is chosen`);
  player.choose(button.dataset.quality);
}

function seek(time) {
  video.currentTime = Math.max(0, Math.min(manifest.duration, time));
}

function seekToPointer(event) {
  const { left, width } = bar.getBoundingClientRect();
  seek(((event.clientX - left) / width) * manifest.duration);
}

function seekByKey(event) {
  const time = {
    ArrowLeft: video.currentTime - KEY_STEP,
    ArrowRight: video.currentTime + KEY_STEP,
    Home: 0,
    End: manifest.duration,
  }[event.key];
  if (time === undefined) return;
  event.preventDefault();
  seek(time);
}

function listen() {
  element("play").onclick = togglePlay;
  video.onclick = togglePlay;
  for (const button of document.querySelectorAll("[data-quality]")) button.onclick = () => choose(button);
  for (const type of ["timeupdate", "seeking", "error"]) video.addEventListener(type, tellPlayhead);
  if (!MediaSource.canConstructInDedicatedWorker) {
    element("worker").title = "This browser cannot construct a MediaSource in a worker.";
  }
  element("worker").onclick = ({ currentTarget }) => start(toggle(currentTarget));
  element("busy").onclick = ({ currentTarget }) => keepBusy(toggle(currentTarget));
  bar.onpointerdown = (event) => {
    bar.setPointerCapture(event.pointerId);
    seekToPointer(event);
  };
  bar.onpointermove = (event) => {
    if (bar.hasPointerCapture(event.pointerId)) seekToPointer(event);
  };
  bar.onkeydown = seekByKey;
}

/** Has the video play a MediaSource of this page, or that of a worker, whose handle is given. */
function setSource(source) {
  if (!(source instanceof MediaSource)) {
    video.srcObject = source;
    return;
  }
  const url = URL.createObjectURL(source);
  video.srcObject = null;
  video.src = url;
  video.addEventListener("loadedmetadata", () => URL.revokeObjectURL(url), { once: true });
}

function tellPlayhead() {
  player.follow({ position: video.currentTime, failed: video.error !== null });
}

/** Has the video play what a new player appends, in a worker or in this page, from where it is now. */
function start(inWorker) {
  const previous = player;
  const attach = (source) => {
    const { currentTime, paused } = video;
    setSource(source);
    video.currentTime = currentTime;
    if (!previous || !paused) togglePlay();
    previous?.close();
    element("worker").disabled = !MediaSource.canConstructInDedicatedWorker;
  };
  element("worker").disabled = true;
  player = new (inWorker ? WorkerPlayer : Player)({ attach, show: (shown) => (state = shown), log });
  player.choose(document.querySelector("[data-quality][aria-pressed=true]").dataset.quality);
  tellPlayhead();
  player.open(manifest);
}

async function main() {
  if (!window.MediaSource) throw new Error("this browser has no Media Source Extensions");
  manifest = await (await fetch("manifest.json")).json();
  for (const { type } of [manifest.pictures, manifest.sound]) {
    if (!MediaSource.isTypeSupported(type)) throw new Error(`this browser cannot play ${type}`);
  }
  for (const type of EVENTS) video.addEventListener(type, () => log(`video: ${type}`));
  video.onresize = () => log(`${seen()?.name} is shown: ${video.videoWidth} × ${video.videoHeight}`);
  listen();
  start(false);
  setInterval(refresh, REFRESH_EVERY);
  setInterval(print, PRINT_EVERY);
}

main().catch((error) => {
  show("trouble", error.message);
  console.error(error.message);
});
