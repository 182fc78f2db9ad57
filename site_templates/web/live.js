// What happens at the worklist's home, as it happens: one call that stays open until there is news.

import { events } from "./api.js";

const WAIT = 20;
const LONGEST_PAUSE = 30_000;

// `changed` is told that something has happened, `connected` whether the home can be heard: true, or the Refused.
export class Feed {
  #wake = () => {};
  #after = null;
  #failures = 0;

  constructor(changed, connected) {
    this.changed = changed;
    this.connected = connected;
    document.addEventListener("visibilitychange", () => this.again());
    addEventListener("online", () => this.again());
  }

  // Where the feed stands now; the list that is read afterwards misses nothing.
  async begin() {
    try {
      this.#after = (await events(null, 0)).next;
      this.connected(true);
    } catch (refused) {
      this.#fail(refused);
    }
    this.#follow();
  }

  again() {
    if (!document.hidden) this.#wake();
  }

  async #follow() {
    for (;;) {
      // A page that nobody looks at takes no place from those that are looked at.
      if (document.hidden) await this.#pause(2 ** 30);
      if (this.#failures) await this.#pause(this.#backoff());
      try {
        await this.#once();
      } catch (refused) {
        this.#fail(refused);
      }
    }
  }

  async #once() {
    const waited = this.#failures ? 0 : WAIT;
    const told = await events(this.#after, waited);
    const missed = this.#after === null || this.#failures > 0 || told.reset;
    this.#after = told.next;
    this.#failures = 0;
    this.connected(true);
    if (missed || told.events.length) this.changed();
    if (told.again_in) await this.#pause(told.again_in * 1000 * (0.75 + Math.random() / 2));
  }

  #fail(refused) {
    this.#failures += 1;
    this.connected(refused);
  }

  // Full jitter: a home that comes back is not asked by everybody at once.
  #backoff() {
    return 500 + Math.random() * Math.min(LONGEST_PAUSE, 1000 * 2 ** this.#failures);
  }

  #pause(milliseconds) {
    return new Promise((done) => {
      const clock = setTimeout(done, milliseconds);
      this.#wake = () => {
        clearTimeout(clock);
        done();
      };
    });
  }
}
