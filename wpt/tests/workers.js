/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

"use strict";

// What the tests of MediaSources in workers share.

/** Sends commands to a worker with a MediaSource, one after another. `resources/source-worker.js` says what it knows. */
class SourceWorker {
  /** The worker is one of that page. It ends with the test. */
  constructor(test, page = self) {
    this.worker = new page.Worker(new URL("resources/source-worker.js", location));
    this.port = this.worker;
    test?.add_cleanup(() => this.worker.terminate());
  }

  /** Commands go to a worker within the worker from now on. */
  async nest() {
    const { port1, port2 } = new MessageChannel();
    await this.call_with_transfer("nest", [port2], port2);
    this.port = port1;
    this.port.start();
  }

  call(command, ...parameters) {
    return this.call_with_transfer(command, [], ...parameters);
  }

  async call_with_transfer(command, transfer, ...parameters) {
    this.port.postMessage({ command, parameters }, transfer);
    const { data } = await next_event(this.port, "message");
    if (data.error)
      throw new Error(`${command}: ${data.error}`);
    return data.result;
  }

  /** Attaches a new MediaSource of the worker to an element, with a SourceBuffer for each medium. */
  async attach(element, ...media) {
    const handle = await this.call("make");
    element.srcObject = handle;
    await this.call("open", ...media.map((medium) => MEDIA[medium].type));
    return handle;
  }

  /** Attaches an element and appends seconds of a medium: a segment each. */
  async feed(element, medium, seconds) {
    await this.attach(element, medium);
    const { initialization, segments } = await fetch_segments(medium);
    const shown = next_event(element, "loadeddata");
    await this.call("append", 0, initialization, ...seconds.map((second) => segments[second]));
    await shown;
    return segments;
  }
}

/** Asks again and again, until the answer is yes. */
async function until_async(ask) {
  const deadline = performance.now() + PATIENCE;
  while (!await ask())
    assert_less_than(performance.now(), deadline, "in vain");
}

const ALL_SECONDS = [0, 1, 2, 3, 4, 5];
