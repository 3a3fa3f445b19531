/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// The devices that this page may know of.

const NAMES = { videoinput: "a camera", audioinput: "a microphone", audiooutput: "a loudspeaker" };
const A = "A".charCodeAt(0);

/** Lists the devices. Those that are parts of the same thing have the same letter. */
export async function listDevices() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const groups = [...new Set(devices.map(({ groupId }) => groupId))].filter((group) => group !== "");
  return devices.map((device) => ({
    kind: device.kind,
    deviceId: device.deviceId,
    label: labelOf(device, groups.indexOf(device.groupId)),
    /** What it can do, once that is known. */
    capabilities: device.getCapabilities?.() ?? {},
  }));
}

/** Before it has captured, a page does not learn how devices are called. */
function labelOf({ kind, label }, group) {
  if (!label) return NAMES[kind];
  return group < 0 ? label : `${label} (${String.fromCharCode(A + group)})`;
}
