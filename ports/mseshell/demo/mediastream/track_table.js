/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// What the tracks are and what they can be, as a table.

const NAMES = { video: "Picture", audio: "Sound" };
/** Strings without meaning for people. The list of devices shows what they tell. */
const UNSHOWN = ["deviceId", "groupId"];

/** A table that is written anew only where something has changed. */
export class TrackTable {
  #table;
  #shown = "";

  constructor(table) {
    this.#table = table;
  }

  show(tracks) {
    const rows = tracks.flatMap(rowsOf);
    const text = JSON.stringify(rows);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#table.replaceChildren(...rows.map(rowElement));
  }
}

/** The rows of a track: what it is, and for each property its value and the values it can have. */
function rowsOf(track) {
  const settings = track.getSettings();
  const capabilities = track.getCapabilities?.() ?? {};
  const names = Object.keys({ ...settings, ...capabilities }).filter((name) => !UNSHOWN.includes(name)).sort();
  const properties = names.map((name) => [name, text(settings[name]), text(capabilities[name])]);
  const states = [track.readyState, ...(track.muted ? ["muted"] : []), ...(track.enabled ? [] : ["disabled"])];
  const heading = [`${NAMES[track.kind]}: ${track.label}, ${states.join(", ")}`];
  return [heading, ...properties.filter(([, ...texts]) => texts.some((text) => text !== ""))];
}

function rowElement(cells) {
  const row = document.createElement("tr");
  for (const cell of cells) {
    const element = document.createElement(cells.length === 1 ? "th" : "td");
    element.textContent = cell;
    if (cells.length === 1) element.colSpan = 3;
    row.append(element);
  }
  return row;
}

/** A value, some values or a range of values. */
function text(value) {
  if (value === undefined) return "";
  if (typeof value === "number") return String(Number(value.toFixed(3)));
  if (Array.isArray(value)) return value.map(text).join(", ");
  if (typeof value === "object") return [...new Set([text(value.min), text(value.max)])].join(" … ");
  return String(value);
}
