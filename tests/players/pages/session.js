/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

/** What one player fetches: the server sees it apart from others, remembers its requests and troubles it as told. */
export class Session {
  #name = Math.random().toString(36).slice(2, 12);

  /** The address of a presentation on demand. */
  onDemand(stream) {
    return `/s/${this.#name}/streams/${stream}`;
  }

  /** The address of a live presentation. */
  live(stream, options = {}) {
    return `/live/${this.#name}/${stream}?${new URLSearchParams(options)}`;
  }

  /** Sends at most so many bytes a second from now on; 0 for no limit. */
  throttle(bytesPerSecond) {
    return this.#control({ throttle: bytesPerSecond });
  }

  /** Answers requests whose paths match `pattern` only after `seconds`. */
  withhold(pattern, seconds) {
    return this.#control({ withhold: pattern, seconds });
  }

  /** Answers the next `times` requests whose paths match `pattern` with `status`. */
  fail(pattern, status, times) {
    return this.#control({ fail: pattern, status, times });
  }

  /** What was asked for so far: `path` and `status` of each request. */
  async requests() {
    const response = await fetch(`/control/${this.#name}`, { cache: "no-store" });
    return (await response.json()).requests;
  }

  async #control(fault) {
    const response = await fetch(`/control/${this.#name}`, { method: "POST", body: JSON.stringify(fault) });
    if (!response.ok) throw new Error(`the server refused ${JSON.stringify(fault)}: ${await response.text()}`);
  }
}
