/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// What the tours of the demos share: how they wait, and how they end.

const PATIENCE = 60_000; // milliseconds
const POLL_EVERY = 100; // milliseconds

const trouble = () => document.getElementById("trouble").textContent;

/** Waits until `condition` holds, which is `what` should happen now. Trouble that the page shows ends the wait. */
export function until(what, condition) {
  console.log(`tour: ${what}`);
  return new Promise((resolve, reject) => {
    const deadline = performance.now() + PATIENCE;
    const timer = setInterval(() => {
      const holds = condition();
      const isLate = performance.now() > deadline;
      if (!holds && !trouble() && !isLate) return;
      clearInterval(timer);
      if (holds) resolve();
      else reject(new Error(`${what}: ${trouble() || "it did not within a minute"}`));
    }, POLL_EVERY);
  });
}

/**
 * Takes the steps of a tour. It says "tour: done" and what the steps return, or closes the page, which then counts as
 * failed.
 */
export async function take(steps) {
  try {
    const result = await steps();
    if (trouble()) throw new Error(trouble());
    console.log(`tour: done, ${result}`);
  } catch (error) {
    console.error(`tour: failed: ${error.message}`);
    window.close();
  }
}
