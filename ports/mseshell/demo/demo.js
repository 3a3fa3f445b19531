/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// The page around the player: buttons, seek bar, read-outs and the log.

import { Player } from "./player.js";

const REFRESH_EVERY = 100; // milliseconds
const PRINT_EVERY = 1000; // milliseconds
const KEY_STEP = 2; // seconds
const READY_STATES = ["HAVE_NOTHING", "HAVE_METADATA", "HAVE_CURRENT_DATA", "HAVE_FUTURE_DATA", "HAVE_ENOUGH_DATA"];
const EVENTS = ["loadedmetadata", "durationchange", "loadeddata", "canplay", "canplaythrough", "play",
  "playing", "waiting", "seeking", "seeked", "pause", "ended", "error"];
const COLOURS = { Low: "#d9822b", High: "#0f8f83", Sound: "#4b6b8f" };

const element = (id) => document.getElementById(id);
const video = element("video");
const bar = element("seek");
const started = performance.now();
let player;

function log(text) {
  const line = `${((performance.now() - started) / 1000).toFixed(2).padStart(6)}  ${text}`;
  console.log(line);
  const followed = element("log").scrollTop + element("log").clientHeight >= element("log").scrollHeight - 20;
  element("log").append(`${line}\n`);
  if (followed) element("log").scrollTop = element("log").scrollHeight;
}

function show(id, text) {
  if (element(id).textContent !== text) element(id).textContent = text;
}

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

/** The pictures' segments in the colour of their quality, the sound's below them, and the playhead. */
function drawBar() {
  const context = bar.getContext("2d");
  const { duration, segmentDuration } = player.manifest;
  const x = (seconds) => (seconds / duration) * bar.width;
  context.clearRect(0, 0, bar.width, bar.height);
  for (const [track, top, height] of [[player.pictures, 8, 20], [player.sound, 30, 6]]) {
    context.fillStyle = "#232c37";
    context.fillRect(0, top, bar.width, height);
    for (const [start, end] of ranges(track.sourceBuffer.buffered)) {
      for (let index = Math.floor(start / segmentDuration); index * segmentDuration < end; index++) {
        const left = x(Math.max(start, index * segmentDuration));
        const right = x(Math.min(end, (index + 1) * segmentDuration));
        context.fillStyle = COLOURS[track.appended[index]?.name] ?? "#66717d";
        context.fillRect(left, top, right - left - 1, height);
      }
    }
  }
  context.fillStyle = "#ffffff";
  context.fillRect(Math.min(x(video.currentTime), bar.width - 3), 2, 3, bar.height - 4);
}

function refresh() {
  show("play", video.ended ? "Replay" : video.paused ? "Play" : "Pause");
  show("time", `${video.currentTime.toFixed(1)} / ${player.manifest.duration.toFixed(1)} s`);
  show("ahead", `${ahead().toFixed(1)} s`);
  show("ready", `${video.readyState} ${READY_STATES[video.readyState]}`);
  show("quality", player.shown?.name ?? "–");
  show("size", `${video.videoWidth} × ${video.videoHeight}`);
  show("frames", frames());
  show("throughput", `${(player.throughput / 1e6).toFixed(1)} Mbit/s`);
  show("trouble", video.error ? `It cannot be played: ${video.error.message}` : player.trouble);
  bar.setAttribute("aria-valuenow", video.currentTime.toFixed(1));
  drawBar();
}

function print() {
  const buffered = ranges(video.buffered).map(([start, end]) => `${start.toFixed(2)}..${end.toFixed(2)}`).join(" ");
  console.log(`        position ${video.currentTime.toFixed(2)}, buffered ${buffered || "nothing"}, ` +
    `${player.shown?.name ?? "no picture"}, ${frames()} frames dropped`);
}

function togglePlay() {
  if (!video.paused && !video.ended) return video.pause();
  video.play().catch((error) => log(`play() was refused: ${error.message}`));
}

function choose(button) {
  for (const other of document.querySelectorAll("[data-quality]")) {
    other.setAttribute("aria-pressed", other === button);
  }
  player.choose(button.dataset.quality);
}

function seek(time) {
  video.currentTime = Math.max(0, Math.min(player.manifest.duration, time));
}

function seekToPointer(event) {
  const { left, width } = bar.getBoundingClientRect();
  seek(((event.clientX - left) / width) * player.manifest.duration);
}

function seekByKey(event) {
  const time = {
    ArrowLeft: video.currentTime - KEY_STEP,
    ArrowRight: video.currentTime + KEY_STEP,
    Home: 0,
    End: player.manifest.duration,
  }[event.key];
  if (time === undefined) return;
  event.preventDefault();
  seek(time);
}

function listen() {
  element("play").onclick = togglePlay;
  video.onclick = togglePlay;
  for (const button of document.querySelectorAll("[data-quality]")) button.onclick = () => choose(button);
  bar.onpointerdown = (event) => {
    bar.setPointerCapture(event.pointerId);
    seekToPointer(event);
  };
  bar.onpointermove = (event) => {
    if (bar.hasPointerCapture(event.pointerId)) seekToPointer(event);
  };
  bar.onkeydown = seekByKey;
}

async function main() {
  if (!window.MediaSource) throw new Error("this browser has no Media Source Extensions");
  for (const type of EVENTS) video.addEventListener(type, () => log(`video: ${type}`));
  video.onresize = () => log(`${player.shown?.name} is shown: ${video.videoWidth} × ${video.videoHeight}`);
  player = new Player(video, await (await fetch("manifest.json")).json(), log);
  await player.open();
  listen();
  setInterval(refresh, REFRESH_EVERY);
  setInterval(print, PRINT_EVERY);
  togglePlay();
}

main().catch((error) => {
  show("trouble", error.message);
  console.error(error.message);
});
