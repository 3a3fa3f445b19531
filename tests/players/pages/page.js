/* This Source Code Form is subject to the terms of the Mozilla Public
 * License, v. 2.0. If a copy of the MPL was not distributed with this
 * file, You can obtain one at https://mozilla.org/MPL/2.0/. */

import { Playback } from "./playback.js";
import { SCENARIOS } from "./scenarios.js";
import { Session } from "./session.js";

const RESULT_PREFIX = "PLAYERS RESULT: ";

/** Thrown where a scenario cannot be tried here. */
class Skipped extends Error {}

/**
 * What a page of a player does. `?scenario=NAME` runs one and tells its result on the console, to `?report=URL`
 * and to the reader; otherwise the presentation plays, and the scenarios are offered.
 */
export async function open(Adapter) {
  const parameters = new URLSearchParams(location.search);
  const stage = new Stage(Adapter, Number(parameters.get("quota")));
  const scenario = SCENARIOS.find(({ name }) => name === parameters.get("scenario"));
  listScenarios(Adapter, scenario);
  document.body.append(stage.container, stage.output);
  if (!scenario) {
    await stage.play(parameters.get("stream") ?? "main", { ahead: 30 });
    return;
  }
  const result = await stage.run(scenario);
  stage.log(`${result.status} ${result.message}`);
  tell(result, parameters.get("report"));
}

function listScenarios(Adapter, current) {
  const heading = document.createElement("h1");
  heading.textContent = current ? `${Adapter.title}: ${current.title}` : Adapter.title;
  const list = document.createElement("nav");
  const offer = (href, text, title) => list.append(Object.assign(document.createElement("a"), { href, text, title }));
  offer("?", "play", "Without a scenario");
  for (const { name, title, stream = "main" } of SCENARIOS) {
    if (stream in Adapter.streams) offer(`?scenario=${name}`, name, title);
  }
  document.body.append(heading, list);
}

function tell(result, address) {
  console.log(RESULT_PREFIX + JSON.stringify(result));
  if (address) fetch(address, { method: "POST", body: JSON.stringify(result) });
}

/** Where a scenario has its players, and the log of what they do. */
class Stage {
  container = document.createElement("div");
  output = document.createElement("pre");
  #lines = [];
  #playing = new Set();
  #left = [];
  #errors = [];
  #began = performance.now();

  constructor(Adapter, quota) {
    this.Adapter = Adapter;
    /** The quota of a SourceBuffer, in bytes, that the browser was started with; 0 for its own. */
    this.quota = quota;
    addEventListener("error", ({ message, error }) => this.#noteError(message, error));
    addEventListener("unhandledrejection", ({ reason }) => this.#noteError(`unhandled: ${reason}`, reason));
  }

  #noteError(text, error) {
    this.log(`error: ${text}\n${error?.stack ?? ""}`);
    this.#errors.push(text);
  }

  log(text) {
    const line = `${((performance.now() - this.#began) / 1000).toFixed(2)} ${text}`;
    this.#lines.push(line);
    this.output.append(`${line}\n`);
  }

  /**
   * Plays a presentation, by its name in the adapter's list, in a new player. `before` is called with the session
   * first; `of` says how a live presentation shall be; the other options are the adapter's.
   */
  async play(stream, { before = () => {}, of = {}, ...options } = {}) {
    const session = new Session();
    await before(session);
    const playback = new Playback(this.Adapter, this.container, session, text => this.log(text));
    this.#playing.add(playback);
    const path = this.Adapter.streams[stream];
    await playback.load(options.live ? session.live(path, of) : session.onDemand(path), options);
    return playback;
  }

  /** Destroys a player. */
  async leave(playback) {
    this.#playing.delete(playback);
    this.#left.push(playback);
    await playback.destroy();
  }

  skip(reason) {
    throw new Skipped(reason);
  }

  async run(scenario) {
    const result = { player: this.Adapter.title, scenario: scenario.name, status: "PASS", message: "" };
    try {
      if (!((scenario.stream ?? "main") in this.Adapter.streams)) this.skip("the player has no such presentation");
      await scenario.run(this, scenario);
      for (const playback of this.#playing) await this.leave(playback);
      if (this.#errors.length) throw new Error(`the page saw: ${this.#errors[0]}`);
    } catch (error) {
      result.status = error instanceof Skipped ? "SKIP" : "FAIL";
      result.message = error.message;
    }
    for (const playback of this.#playing) await this.leave(playback).catch(() => {});
    return { ...result, ...this.#metrics(), log: this.#lines.slice(-200) };
  }

  #metrics() {
    const sum = value => this.#left.map(value).reduce((one, other) => one + other, 0);
    return {
      startUp: Math.max(...this.#left.map(({ startUp }) => startUp)),
      rebuffers: sum(({ rebuffers }) => rebuffers),
      frames: sum(({ frames }) => frames.total),
      dropped: sum(({ frames }) => frames.dropped),
    };
  }
}
