/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// The page around the capture: choices, buttons and read-outs.

import { element, isPressed, log, show, toggle } from "../page.js";
import { Capture } from "./capture.js";
import { Choice } from "./choice.js";
import { audioConstraints, explain, ofDevice, videoConstraints } from "./constraints.js";
import { listDevices } from "./devices.js";
import { Preview } from "./preview.js";
import { Recording, listTypes } from "./recording.js";
import { TrackTable } from "./track_table.js";

const REFRESH_EVERY = 200; // milliseconds
const KINDS = ["video", "audio"];
const SIZES = [[320, 240], [640, 480], [1280, 720], [9999, 9999]];
const RATES = [5, 15, 30, 60]; // frames a second
const ECHO_LABELS = { true: "cancelled", false: "kept", all: "all cancelled", "remote-only": "remote ones cancelled" };

const capture = new Capture();
const previews = ["large", "small"].map((id) => new Preview(element(id)));
const table = new TrackTable(element("tracks"));
const camera = new Choice(element("camera"));
const microphone = new Choice(element("microphone"), offerEchoCancellation);
const [size, rate, echo, type] = ["size", "rate", "echo", "type"].map((id) => new Choice(element(id)));
let devices = [];
let recording = null;

/** Lists the devices, with their names once the page has captured. */
async function offerDevices() {
  devices = await listDevices();
  const ofKind = (kind) => devices.filter((device) => device.kind === kind);
  for (const [choice, kind, name] of [[camera, "videoinput", "video"], [microphone, "audioinput", "audio"]]) {
    const options = ofKind(kind).map(({ deviceId, label }) => [deviceId, label]);
    const used = capture.track(name)?.getSettings().deviceId;
    choice.offer([[null, "none"], ...options], used, options[0]?.[0], null);
  }
  show("loudspeakers", ofKind("audiooutput").map(({ label }) => label).join(", ") || "none is known");
  offerEchoCancellation();
}

/** Offers what the chosen microphone can do about echoes. */
function offerEchoCancellation() {
  const chosen = devices.find(({ kind, deviceId }) => kind === "audioinput" && deviceId === microphone.value);
  const values = chosen?.capabilities.echoCancellation ?? [];
  echo.offer([[null, "any"], ...values.map((value) => [value, ECHO_LABELS[value]])], null);
}

function chosenConstraints() {
  const isExact = isPressed(element("exact"));
  return {
    video: videoConstraints({ size: size.value, frameRate: rate.value, isExact }),
    audio: audioConstraints({ echoCancellation: echo.value, isExact }),
  };
}

async function start() {
  const { video, audio } = chosenConstraints();
  log("the browser may ask you now (mseshell does in the title of its window)");
  await capture.start({ video: ofDevice(camera.value, video), audio: ofDevice(microphone.value, audio) });
  await Promise.all([offerDevices(), ...previews.map((preview) => preview.play(capture.stream))]);
}

/** Records what is captured, or ends that. The smaller video plays it. */
async function record() {
  if (recording?.isLive) return recording.stop();
  recording = new Recording(capture.stream, type.value);
  element("file").hidden = true;
  await recording.start(element("small"), offerFile);
}

/** Offers a recording as a file, and shows again what is captured. */
function offerFile({ file }) {
  if (capture.isLive) previews[1].play(capture.stream);
  const link = element("file");
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(file);
  link.download = `recording.${file.type.match(/webm|mp4/)}`;
  link.textContent = `The file, ${Math.ceil(file.size / 1024)} KiB`;
  link.hidden = false;
  refresh();
}

/** Does what a button says. What goes wrong with it is shown until another button is pressed. */
async function attempt(button, action) {
  log(button.textContent);
  show("trouble", "");
  button.disabled = true;
  try {
    await action();
  } catch (error) {
    log(explain(error));
    show("trouble", explain(error));
  }
  button.disabled = false;
  refresh();
}

function refresh() {
  element("apply").disabled = element("stop").disabled = !capture.isLive;
  for (const kind of KINDS) {
    const track = capture.track(kind);
    const isLive = track?.readyState === "live";
    element(`${kind}-enabled`).disabled = element(`${kind}-stop`).disabled = !isLive;
    element(`${kind}-enabled`).setAttribute("aria-pressed", isLive && track.enabled);
  }
  element("record").disabled = !type.value || !(capture.isLive || recording?.isLive);
  element("record").setAttribute("aria-pressed", recording?.isLive ?? false);
  for (const preview of previews) preview.refresh();
  table.show(KINDS.map((kind) => capture.track(kind)).filter((track) => track));
}

function listen() {
  element("start").onclick = ({ currentTarget }) => attempt(currentTarget, start);
  element("apply").onclick = ({ currentTarget }) => attempt(currentTarget, () => capture.apply(chosenConstraints()));
  element("stop").onclick = ({ currentTarget }) => attempt(currentTarget, () => capture.stop());
  element("record").onclick = ({ currentTarget }) => attempt(currentTarget, record);
  for (const kind of KINDS) {
    element(`${kind}-enabled`).onclick = () => {
      capture.switchTrack(kind);
      refresh();
    };
    element(`${kind}-stop`).onclick = () => {
      capture.stopTrack(kind);
      refresh();
    };
  }
  element("exact").onclick = ({ currentTarget }) => toggle(currentTarget);
  element("audible").onclick = ({ currentTarget }) => (element("large").muted = !toggle(currentTarget));
  navigator.mediaDevices.ondevicechange = () => {
    log("devices: devicechange");
    offerDevices();
  };
}

async function main() {
  if (!navigator.mediaDevices) throw new Error("this browser does not let this page capture");
  size.offer([[null, "any"], ...SIZES.map(([width, height]) => [{ width, height }, `${width} × ${height}`])], null);
  rate.offer([[null, "any"], ...RATES.map((rate) => [rate, String(rate)])], null);
  const types = listTypes();
  type.offer(types, types[0]?.[0]);
  listen();
  refresh();
  setInterval(refresh, REFRESH_EVERY);
  await offerDevices();
}

main().catch((error) => {
  show("trouble", error.message);
  console.error(error.message);
});
