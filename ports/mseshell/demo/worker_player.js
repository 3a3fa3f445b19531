/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// The page's end of a player that runs in a worker, in worker.js.

/** Has the methods of a `Player`, and makes messages of them. */
export class WorkerPlayer {
  #worker = new Worker("worker.js", { type: "module" });

  /** `page` is what a `Player` is given. */
  constructor(page) {
    this.#worker.onmessage = ({ data: [method, argument] }) => page[method](argument);
    this.#worker.onerror = ({ message }) => page.log(`trouble: the worker failed: ${message ?? "no script"}`);
  }

  open(manifest) {
    this.#worker.postMessage(["open", manifest]);
  }

  follow(playhead) {
    this.#worker.postMessage(["follow", playhead]);
  }

  choose(name) {
    this.#worker.postMessage(["choose", name]);
  }

  close() {
    this.#worker.terminate();
  }
}
