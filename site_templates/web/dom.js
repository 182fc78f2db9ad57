// Elements, made without ever reading text as HTML.

export const by = (id) => document.getElementById(id);

export function make(name, facts = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(facts)) {
    if (key === "text") made.textContent = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== false && value !== undefined) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

// Text of others stands apart, so that its direction of writing does not touch what is beside it.
export const foreign = (text, facts = {}) => make("bdi", { ...facts, text });

// Only what leads to a page: no script, no data.
export function safeAddress(text) {
  try {
    const found = new URL(text, location.href);
    return found.protocol === "https:" || found.protocol === "http:" ? found.href : "";
  } catch {
    return "";
  }
}

// Notices lie over the page, since a list that they pushed down would move under the hand. An open dialogue leaves all
// else without life, so they go into it.
export function bringTray() {
  const place = document.querySelector("dialog[open]") ?? document.body;
  if (by("tray").parentElement !== place) place.append(by("tray"));
}

export function announce(text, alarm = false) {
  bringTray();
  const place = by(alarm ? "warned" : "said");
  place.textContent = "";
  requestAnimationFrame(() => {
    place.textContent = text;
  });
}

// A notice above the list; a refusal stays until it is closed.
let fading = 0;
export function tell(text, bad = false) {
  const box = by("told");
  by("told-text").textContent = text;
  box.classList.toggle("bad", bad);
  box.hidden = false;
  clearTimeout(fading);
  if (!bad) fading = setTimeout(() => (box.hidden = true), 10_000);
  announce(text, bad);
}
