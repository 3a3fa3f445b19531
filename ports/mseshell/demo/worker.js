/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// The player in a worker of its own: each message of the page calls one of its methods, and what it
// has to say becomes a message for the page. worker_player.js is the page's end.

import { Player } from "./player.js";

const player = new Player({
  attach: (handle) => postMessage(["attach", handle], [handle]),
  show: (state) => postMessage(["show", state]),
  log: (text) => postMessage(["log", text]),
});

onmessage = ({ data: [method, argument] }) => player[method](argument);
