/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// The constraints that say what is chosen in the page. A choice that is null leaves all to the browser.

function constraintSet(choices, isExact) {
  const made = Object.entries(choices).filter(([, value]) => value !== null);
  return Object.fromEntries(made.map(([name, value]) => [name, { [isExact ? "exact" : "ideal"]: value }]));
}

export function videoConstraints({ size, frameRate, isExact }) {
  return constraintSet({ ...size, frameRate }, isExact);
}

export function audioConstraints({ echoCancellation, isExact }) {
  return constraintSet({ echoCancellation }, isExact);
}

/** What getUserMedia() takes for one kind: from which device, if from any, and how. */
export function ofDevice(deviceId, constraints) {
  if (deviceId === null) return false;
  // Before it has captured, a page knows no identifier of a device.
  return deviceId === "" ? constraints : { ...constraints, deviceId: { exact: deviceId } };
}

/** What an error of getUserMedia() or applyConstraints() says to people. */
export function explain(error) {
  return `${error.name}: ${error.constraint ? `the constraint of ${error.constraint} cannot be met` : error.message}`;
}
