// The page of the shared worklist: puts its parts together.
//
//   view (what is wanted) -> api.search -> rows (what is seen)        live (what happened) -> refresh
//
// cells and details say what an entry looks like, words how things are said, acts what is done, keys what a key does.

import { Acts } from "./acts.js";
import * as api from "./api.js";
import * as brandMark from "./brand.js";
import { withImages } from "./cells.js";
import { Details } from "./details.js";
import { announce, bringTray, by } from "./dom.js";
import { Filters } from "./filters.js";
import { listen } from "./keys.js";
import { Feed } from "./live.js";
import { Rows, uidOf } from "./rows.js";
import { fromAddress, narrowed, toAddress, toSearch } from "./view.js";
import { many, time, zone } from "./words.js";

const EACH = 60_000; // the list is read again so often, whatever the feed says: what is due becomes overdue by itself
const GATHER = 400;
const REST = 2000; // between two looks at the list that nobody asked for
const RECOUNT = 30_000;
const RETRY = 3000;

class Worklist {
  view = fromAddress(location.search);
  asked = 0;
  looked = 0;
  counted = -RECOUNT;
  stale = false;
  hears = false;
  clock = 0;
  heard = null;
  loggedOut = false;

  constructor(brand) {
    this.brand = brand;
    this.rows = new Rows(by("entries"));
    this.filters = new Filters((changes) => this.look(changes));
    this.acts = new Acts(() => this.changed());
    this.details = new Details(brand, (entry, to) => this.acts.send(entry, to));
    this.feed = new Feed(() => this.soon(), (told) => this.connected(told));
    listen(this.rows, this);
  }

  async begin() {
    by("zone").textContent = zone();
    by("previous").addEventListener("click", () => this.turn(-1));
    by("next").addEventListener("click", () => this.turn(1));
    by("bring-in").addEventListener("click", () => this.bringIn());
    by("try-again").addEventListener("click", () => {
      if (this.loggedOut) location.reload(); // the browser asks for name and password
      this.feed.again();
      this.refresh();
    });
    by("told-close").addEventListener("click", () => (by("told").hidden = true));
    for (const dialog of document.querySelectorAll("dialog")) dialog.addEventListener("close", bringTray);
    by("help-open").addEventListener("click", () => this.help());
    by("entries").addEventListener("click", (event) => this.pressed(event));
    by("entries").addEventListener("dblclick", (event) => event.target.closest("button, a") || this.pressed(event, "details"));
    by("details").addEventListener("click", (event) => this.pressed(event));
    addEventListener("popstate", () => this.look(fromAddress(location.search), false));
    setInterval(() => document.hidden || this.refresh(), EACH);
    this.filters.show(this.view);
    await this.feed.begin();
    await this.refresh({ fresh: true });
  }

  // -- what is seen -----------------------------------------------------------------------------------------------

  look(changes, remember = true) {
    this.view = { ...this.view, ...changes };
    const address = new URL(toAddress(this.view), location.href).href;
    if (remember && address !== location.href) history.pushState(null, "", address);
    this.filters.show(this.view);
    return this.refresh({ fresh: true });
  }

  turn(step) {
    const page = this.view.page + step;
    if (page < 1 || (step > 0 && !this.more)) return;
    this.look({ page }).then(() => this.rows.focus(this.rows.shown[0]) || by("list").focus());
  }

  bringIn() {
    this.rows.letGo();
    this.refresh({ fresh: true }).then(() => this.rows.focus(this.rows.shown[0]));
  }

  // News come in swarms: one look for all of them.
  soon() {
    clearTimeout(this.clock);
    const rest = this.looked + REST - performance.now();
    this.clock = setTimeout(() => this.refresh(), Math.max(GATHER, rest));
  }

  // `fresh`: the reader asked for another list; otherwise what must stay in its place does.
  async refresh({ fresh = false } = {}) {
    const number = ++this.asked;
    this.looked = performance.now();
    try {
      const found = await api.search(toSearch(this.view));
      const still = !fresh && this.rows.still;
      const entries = await this.withKept(found.entries, fresh ? [] : this.kept(still), still);
      if (number !== this.asked) return;
      if (this.beyond(found)) return;
      this.show(entries, found, still);
      this.read();
      await Promise.all([this.count(), this.details.refresh()]);
    } catch (refused) {
      if (!(refused instanceof api.Refused)) throw refused;
      if (number === this.asked) this.unread(refused);
    }
  }

  // The feed may be heard while the list cannot be read: then it is not live.
  unread(refused) {
    this.stale = true;
    this.failed(refused);
    clearTimeout(this.clock);
    this.clock = setTimeout(() => this.refresh(), RETRY);
  }

  read() {
    const was = this.stale;
    this.stale = false;
    if (was && this.hears) this.connected(true);
  }

  // The list has become shorter than the page that was asked for.
  beyond({ entries, total }) {
    if (entries.length || this.view.page === 1) return false;
    this.look({ page: Math.max(1, Math.ceil(total / this.view.size)) });
    return true;
  }

  // What must stay in its place: what a hand may be about to press, what has the focus, what is open.
  kept(still) {
    if (still) return this.rows.shown;
    return [...new Set([this.rows.focused, this.details.uid])].filter((uid) => this.rows.entry(uid));
  }

  // The fresh page with those in it that must not vanish; of a list that is held still, only what is on it already.
  async withKept(fresh, kept, still) {
    const here = new Map(fresh.map((entry) => [entry.uid, entry]));
    const missing = kept.filter((uid) => !here.has(uid));
    if (!missing.length && !still) return fresh;
    const found = missing.length ? (await api.search({ uids: missing, states: [], limit: missing.length })).entries : [];
    const left = new Map(found.map((entry) => [entry.uid, { ...entry, left: true }]));
    const known = (uid) => here.get(uid) ?? left.get(uid) ?? { ...this.rows.entry(uid), left: true };
    if (still) return kept.map(known);
    const merged = [...fresh];
    for (const uid of missing) merged.splice(this.rows.shown.indexOf(uid), 0, known(uid));
    return merged;
  }

  show(entries, found, still) {
    const first = (this.view.page - 1) * this.view.size;
    const shown = new Set(entries.map((entry) => entry.uid));
    const hidden = found.entries.filter((entry) => !shown.has(entry.uid)).length;
    this.total = found.total;
    this.more = found.more;
    this.rows.show(entries.map((entry) => withImages(entry, this.brand)), first);
    by("entries").hidden = !entries.length;
    by("entries").setAttribute("aria-rowcount", (found.total ?? -2) + 1);
    by("held-back").hidden = !(still && hidden);
    by("held-back-text").textContent = `${many(hidden, "new entry", "new entries")} waiting: the list stands still while you point at it.`;
    this.summarise(entries.filter((entry) => !entry.left).length, first);
    this.empty(entries.length === 0);
  }

  summarise(count, first) {
    const total = this.total ?? first + count;
    const what = count ? `${(first + 1).toLocaleString("en-GB")} to ${(first + count).toLocaleString("en-GB")} of ${many(total, "entry", "entries")}` : "No entries";
    if (by("summary").textContent !== what) by("summary").textContent = what;
    const pages = Math.max(1, Math.ceil(total / this.view.size));
    by("page").textContent = `Page ${this.view.page.toLocaleString("en-GB")} of ${pages.toLocaleString("en-GB")}`;
    by("previous").disabled = this.view.page === 1;
    by("next").disabled = !this.more;
  }

  empty(nothing) {
    by("nothing").hidden = !nothing;
    by("nothing-clear").hidden = !narrowed(this.view);
    by("nothing-text").textContent = narrowed(this.view)
      ? "No entry fits these filters."
      : "Nothing waits to be reported. What is acquired anywhere in the network comes here by itself.";
  }

  async count() {
    if (performance.now() - this.counted < RECOUNT) return;
    this.counted = performance.now();
    const told = await api.counts();
    by("overdue-count").textContent = told.overdue ? `(${told.overdue.toLocaleString("en-GB")})` : "";
  }

  // -- what is done -----------------------------------------------------------------------------------------------

  pressed(event, act = event.target.closest?.("[data-act]")?.dataset.act) {
    const uid = uidOf(event.target) || event.target.closest?.("#details-body")?.dataset.uid;
    // Where Claim was there is Release afterwards: the second press of a double one must not meet it.
    const again = event.type === "click" && event.detail > 1;
    if (act && uid && !again) this.act(uid, act);
  }

  onEntry(act) {
    if (this.rows.current && this.rows.focused) this.act(this.rows.current.uid, act);
    else announce("Choose an entry first: press j or Tab into the list.");
  }

  async act(uid, act) {
    const entry = this.details.uid === uid ? this.details.entry : this.rows.entry(uid);
    if (act === "details" || act === "send") await this.details.open(entry, act === "send");
    if (act === "open") this.openImages(entry);
    if (act === "claim") await this.acts.claim(entry);
    if (act === "release") await this.acts.release(entry);
    if (act === "accept") await this.acts.accept(entry);
  }

  changed() {
    this.counted = -RECOUNT;
    return this.refresh();
  }

  openImages(entry) {
    if (entry.images) open(entry.images, "_blank", "noopener,noreferrer");
    else this.details.open(entry);
  }

  searched() {
    this.filters.typed().then(() => this.rows.focus(this.rows.shown[0]) || by("list").focus());
  }

  help() {
    by("help").showModal();
    by("help-name").focus();
  }

  // -- whether it can be believed ---------------------------------------------------------------------------------

  connected(told) {
    this.hears = told === true;
    if (this.hears && this.stale) return;
    if (this.hears) {
      this.heard = Date.now() / 1000;
      this.alive("live", "Live");
      if (!by("cut-off").hidden) announce("Connected again.");
      by("cut-off").hidden = true;
    } else {
      this.failed(told);
    }
  }

  failed(refused) {
    const since = this.heard ? ` What you see is of ${time(this.heard)} and may be old.` : "";
    const advice = refused.status === 401 || refused.status === 403 ? "" : " The page tries again by itself. You can go on reporting what is at your own site.";
    this.loggedOut = refused.status === 401;
    by("try-again").textContent = this.loggedOut ? "Load again" : "Try now";
    this.alive("cut-off", "Not live");
    bringTray();
    if (by("summary").textContent === "Loading the list") by("summary").textContent = "The list cannot be read";
    by("cut-off").hidden = false;
    const text = `${refused.message}${since}${advice}`;
    if (by("cut-off-text").textContent !== text) by("cut-off-text").textContent = text;
  }

  alive(state, text) {
    if (by("live").dataset.state === state) return;
    by("live").dataset.state = state;
    by("live").textContent = text;
  }
}

async function begin() {
  const [brand, me, sites] = await Promise.allSettled([api.brand(), api.me(), api.sites()]);
  const facts = brand.value ?? {};
  const person = me.value?.person ?? "";
  brandMark.show(facts, person);
  const page = new Worklist(facts);
  page.filters.sites(Array.isArray(sites.value) ? sites.value : []);
  page.filters.show(page.view);
  await page.begin();
}

begin();
