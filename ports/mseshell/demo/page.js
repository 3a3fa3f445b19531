/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// What the pages of the demos share: read-outs, the log, and buttons that stay pressed.

const started = performance.now();

export const element = (id) => document.getElementById(id);

export function show(id, text) {
  if (element(id).textContent !== text) element(id).textContent = text;
}

/** Adds a line to the log of the page, and to the console. */
export function log(text) {
  const line = `${((performance.now() - started) / 1000).toFixed(2).padStart(6)}  ${text}`;
  console.log(line);
  const followed = element("log").scrollTop + element("log").clientHeight >= element("log").scrollHeight - 20;
  element("log").append(`${line}\n`);
  if (followed) element("log").scrollTop = element("log").scrollHeight;
}

export function isPressed(button) {
  return button.getAttribute("aria-pressed") === "true";
}

/** Presses one of several buttons, and releases the others. */
export function pressOnly(button, buttons) {
  for (const other of buttons) other.setAttribute("aria-pressed", other === button);
}

/** Switches a button between on and off, and returns whether it is on now. */
export function toggle(button) {
  const isOn = !isPressed(button);
  button.setAttribute("aria-pressed", isOn);
  log(`${button.textContent}: ${isOn ? "on" : "off"}`);
  return isOn;
}
