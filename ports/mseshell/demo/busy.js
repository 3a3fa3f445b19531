/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// Keeps the page's script from everything else most of the time, as a page with much to do is kept.

const WORK = 300; // milliseconds at a stretch
const REST = 100; // milliseconds after each

let timer;

function work() {
  const end = performance.now() + WORK;
  while (performance.now() < end);
  timer = setTimeout(work, REST);
}

export function keepBusy(isBusy) {
  clearTimeout(timer);
  if (isBusy) timer = setTimeout(work, REST);
}
