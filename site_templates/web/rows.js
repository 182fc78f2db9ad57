// The list itself: one row an entry, kept under the reader's eyes and fingers while everything changes.
//
// A row that moves just before it is pressed is another patient's. So the row that has the focus stays, even if it no
// longer fits the filters; and while a hand is on the list, nothing moves: what is new waits until it is asked for.

import { cells, sentence } from "./cells.js";
import { make } from "./dom.js";

const STILL = 20_000; // so long after it last moved, a pointer that lies on the list holds it no more

export class Rows {
  #rows = new Map();
  #entries = new Map();
  #texts = new Map();
  #current = "";
  #touched = -STILL;

  constructor(table) {
    this.table = table;
    this.body = table.tBodies[0];
    this.body.addEventListener("focusin", (event) => this.#point(uidOf(event.target)));
    for (const kind of ["pointermove", "pointerdown", "wheel"]) {
      this.body.addEventListener(kind, () => (this.#touched = performance.now()), { passive: true });
    }
    this.body.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse") this.#touched = -STILL;
    });
  }

  get shown() {
    return [...this.body.rows].map((row) => row.dataset.uid);
  }

  get focused() {
    return uidOf(document.activeElement);
  }

  get current() {
    return this.#entries.get(this.#current);
  }

  entry(uid) {
    return this.#entries.get(uid);
  }

  // Whether a hand is on the list.
  get still() {
    return performance.now() - this.#touched < STILL;
  }

  letGo() {
    this.#touched = -STILL;
  }

  // `first` is the place of the first of them in the whole list.
  show(entries, first) {
    const focus = this.#mark();
    const anchor = this.body.querySelector("tr:hover") ?? this.#rows.get(focus.uid);
    const height = anchor?.getBoundingClientRect().top;
    const wanted = entries.map((entry, index) => this.#row(entry, first + index));
    const uids = new Set(entries.map((entry) => entry.uid));
    for (const uid of this.#rows.keys()) if (!uids.has(uid)) this.#drop(uid);
    let at = this.body.firstElementChild;
    for (const row of wanted) {
      if (row === at) at = at.nextElementSibling;
      else this.body.insertBefore(row, at);
    }
    if (!uids.has(this.#current)) this.#current = entries[0]?.uid ?? "";
    this.#point(this.#current);
    this.#restore(focus);
    // Rows above it may have grown or come: what is looked at stays where it was on the screen.
    if (anchor?.isConnected) scrollBy({ top: anchor.getBoundingClientRect().top - height, behavior: "instant" });
  }

  focus(uid) {
    const row = this.#rows.get(uid);
    row?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: "nearest" });
    return Boolean(row);
  }

  // Focus by so many rows from where it is; gives whether there was one.
  move(step) {
    const all = this.shown;
    const at = all.indexOf(this.#current);
    const to = this.focused ? Math.min(all.length - 1, Math.max(0, at + step)) : Math.max(0, at);
    return this.focus(all[to]);
  }

  #row(entry, place) {
    const row = this.#rows.get(entry.uid) ?? make("tr", { role: "row", tabindex: "-1", "data-uid": entry.uid });
    const text = JSON.stringify([entry, Math.floor(Date.now() / 60_000)]);
    if (this.#texts.get(entry.uid) !== text) {
      row.replaceChildren(...cells(entry));
      row.setAttribute("aria-label", sentence(entry));
      row.classList.toggle("late", entry.overdue);
      row.classList.toggle("mine", entry.mine);
      row.classList.toggle("gone", Boolean(entry.left));
    }
    row.setAttribute("aria-rowindex", place + 2);
    this.#rows.set(entry.uid, row);
    this.#entries.set(entry.uid, entry);
    this.#texts.set(entry.uid, text);
    return row;
  }

  #drop(uid) {
    this.#rows.get(uid).remove();
    for (const known of [this.#rows, this.#entries, this.#texts]) known.delete(uid);
  }

  // The one row that the Tab key comes to, with its buttons.
  #point(uid) {
    if (!this.#rows.has(uid)) return;
    this.#current = uid;
    for (const [each, row] of this.#rows) {
      const place = each === uid ? "0" : "-1";
      if (row.getAttribute("tabindex") !== place) row.setAttribute("tabindex", place);
      for (const button of row.querySelectorAll("button, a")) button.tabIndex = Number(place);
    }
  }

  #mark() {
    const active = document.activeElement;
    return { uid: this.focused, act: active?.dataset?.act ?? "", at: this.shown.indexOf(this.focused) };
  }

  #restore({ uid, act, at }) {
    if (!uid) return;
    const row = this.#rows.get(uid) ?? this.body.rows[Math.min(at, this.body.rows.length - 1)];
    if (!row || (row.contains(document.activeElement) && row.dataset.uid === uid)) return;
    const same = row.dataset.uid === uid && act ? row.querySelector(`[data-act="${act}"]`) : null;
    (same ?? row).focus({ preventScroll: true });
  }
}

export const uidOf = (element) => element?.closest?.("tbody tr[data-uid]")?.dataset.uid ?? "";
