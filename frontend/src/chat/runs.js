// The answers that run in the open conversation, by generation.

import { Run } from "./run.js";

export class Runs {
  #runs = new Map();

  constructor(connection, changed) {
    this.connection = connection;
    this.changed = changed;
  }

  get any() {
    return this.#runs.size > 0;
  }

  get stopping() {
    return [...this.#runs.values()].some((run) => run.stopping);
  }

  get(generation) {
    return this.#runs.get(generation);
  }

  /** Whether the article's latest generation runs here. */
  has(article) {
    return this.#runs.has(article.dataset.generation);
  }

  begin(article) {
    const run = new Run(article, this.connection, this.changed);
    this.#runs.set(run.generation, run);
    this.changed();
    return run;
  }

  end(article) {
    this.get(article.dataset.generation)?.end();
    this.#runs.delete(article.dataset.generation);
  }

  stop() {
    for (const run of this.#runs.values()) run.stop();
  }

  expect() {
    for (const run of this.#runs.values()) run.expect();
  }

  tick() {
    for (const run of this.#runs.values()) run.tick();
  }
}
