// What a reader does with an entry, and how it is told what came of it.

import * as api from "./api.js";
import { canClaim, canRelease } from "./cells.js";
import { tell } from "./dom.js";
import { holder, moment, personName } from "./words.js";

export class Acts {
  #busy = new Set();

  // `done` is called when something may have changed, and waited for.
  constructor(done) {
    this.done = done;
  }

  async claim(entry) {
    const who = personName(entry.patient_name);
    if (entry.mine) return tell(`You hold ${who} already.`);
    if (!canClaim(entry)) return tell(`${who} cannot be claimed: ${whyNot(entry)}`, true);
    return this.#change(entry, async () => {
      const told = await api.claim(entry.uid);
      tell(`${who} is yours to report${told.until ? ` until ${moment(told.until)}` : ""}.`);
    }, `${who} is not yours`);
  }

  async release(entry) {
    const who = personName(entry.patient_name);
    if (!canRelease(entry)) return tell(`${who} cannot be released: you do not hold it.`, true);
    return this.#change(entry, async () => {
      await api.release(entry.uid);
      tell(`${who} is released: anybody may claim it.`);
    }, `${who} is not released`);
  }

  // Those reports that the reader was shown, and none that has come since.
  async accept(entry) {
    const who = personName(entry.patient_name);
    return this.#change(entry, async () => {
      await api.accept(entry.uid, entry.reports.map((report) => report.instance));
      tell(`${who} is reported.`);
    }, `The report of ${who} is not accepted`);
  }

  async send(entry, to) {
    const who = personName(entry.patient_name);
    return this.#change(entry, async () => {
      await api.send(entry.uid, to);
      tell(`The study of ${who} is on its way to ${to}.`);
    }, `The study of ${who} is not sent`);
  }

  // One thing at a time for each entry: a key pressed twice is done once.
  async #change(entry, doing, otherwise) {
    if (this.#busy.has(entry.uid)) return;
    this.#busy.add(entry.uid);
    try {
      await doing();
    } catch (refused) {
      if (!(refused instanceof api.Refused)) throw refused;
      const unsure = refused.status === 0 ? " Look at the list before you try again: it may have been done." : "";
      tell(`${otherwise}: ${whoHas(refused.facts) || refused.message}${unsure}`, true);
    } finally {
      this.#busy.delete(entry.uid);
      await this.done();
    }
  }
}

function whyNot(entry) {
  if (entry.state === "IN PROGRESS") return `${holder(entry)} holds it.`;
  return entry.state === "SCHEDULED" ? "it is for other sites to report." : "nothing is left to report.";
}

const whoHas = (facts) => (facts.holder ? `${holder(facts)} holds it since ${moment(facts.since)}.` : "");
