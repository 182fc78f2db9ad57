// The keyboard: arrows, Home, End and Enter in the list; single letters anywhere, unless they are turned off
// (WCAG 2.1.4: whoever dictates by voice presses letters without wanting to).

import { by } from "./dom.js";

const LETTERS = "netprov.letters"; // the one thing that is kept in this browser: a habit, no patient's data

export function listen(rows, acts) {
  const letters = by("letters");
  letters.checked = localStorage.getItem(LETTERS) !== "off";
  letters.addEventListener("change", () => localStorage.setItem(LETTERS, letters.checked ? "on" : "off"));
  const moves = {
    ArrowDown: () => rows.move(1),
    ArrowUp: () => rows.move(-1),
    Home: () => rows.move(-Infinity),
    End: () => rows.move(Infinity),
  };
  const single = {
    j: moves.ArrowDown,
    k: moves.ArrowUp,
    c: () => acts.onEntry("claim"),
    r: () => acts.onEntry("release"),
    o: () => acts.onEntry("open"),
    s: () => acts.onEntry("send"),
    n: () => acts.turn(1),
    p: () => acts.turn(-1),
    "/": () => by("text").focus(),
    "?": () => acts.help(),
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    const pressed = key(event, rows, moves, single, letters.checked);
    if (!pressed) return;
    event.preventDefault();
    pressed();
  });
  by("text").addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      acts.searched();
    }
  });

  function key(event, list, inList, anywhere, on) {
    const at = event.target;
    if (at.matches?.("input, select, textarea")) return null;
    if (list.focused && Object.hasOwn(inList, event.key)) return inList[event.key];
    if (at.matches?.("tr") && event.key === "Enter") return () => acts.onEntry("details");
    return on && !event.repeat && Object.hasOwn(anywhere, event.key) ? anywhere[event.key] : repeated(event, on);
  }

  // Only moving may be held down: a claim is made once.
  function repeated(event, on) {
    return on && (event.key === "j" || event.key === "k") ? single[event.key] : null;
  }
}
