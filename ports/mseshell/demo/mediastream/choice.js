/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

// A choice among some options.

import { isPressed, log, pressOnly } from "../page.js";

/** A row of buttons, one of which is pressed: that of the option which is chosen. */
export class Choice {
  #row;
  #values = [];
  #changed;

  /** `changed` is called when the user has chosen. */
  constructor(row, changed = () => {}) {
    this.#row = row;
    this.#changed = changed;
  }

  get value() {
    return this.#values[this.#buttons.findIndex(isPressed)];
  }

  get #buttons() {
    return [...this.#row.children];
  }

  /** Offers other options, each a value with its label. What is chosen stays so, or else is the first preferred one. */
  offer(options, ...preferred) {
    const { value: chosen } = this;
    this.#values = options.map(([value]) => value);
    this.#row.replaceChildren(...options.map(([value, label]) => this.#button(value, label)));
    this.choose([chosen, ...preferred].find((value) => this.#values.includes(value)));
  }

  choose(value) {
    pressOnly(this.#buttons[this.#values.indexOf(value)], this.#buttons);
  }

  #button(value, label) {
    const button = document.createElement("button");
    button.textContent = button.title = label;
    button.onclick = () => {
      this.choose(value);
      log(`${this.#row.previousElementSibling.textContent}: ${label}`);
      this.#changed();
    };
    return button;
  }
}
