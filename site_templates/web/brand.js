// The network's name, strapline, logo and colour; text on and in that colour is readable, whatever the colour is.

import { by } from "./dom.js";
import { plain } from "./words.js";

const WHITE = [255, 255, 255];
const BLACK = [0, 0, 0];
// What lies under a pointer, by day and by night (--under): harder to read on than the page itself.
const DAY = [240, 243, 245];
const NIGHT = [27, 33, 40];
const ENOUGH = 4.6; // WCAG 1.4.3 asks for 4.5

export function show(facts, person) {
  const network = plain(facts.network_name || facts.network) || "Imaging network";
  by("network").textContent = network;
  by("strapline").textContent = plain(facts.strapline);
  by("site").textContent = `${plain(facts.site_name)} (${plain(facts.site)})`;
  by("person").textContent = plain(person);
  document.title = `Shared worklist, ${network}`;
  paint(facts.colour);
  if (facts.logo) {
    by("logo").src = facts.logo;
    by("logo").hidden = false;
  }
}

export function paint(colour) {
  const ground = rgb(colour) ?? rgb("#005EB8");
  const style = document.documentElement.style;
  style.setProperty("--brand", css(ground));
  style.setProperty("--on-brand", contrast(ground, WHITE) >= contrast(ground, BLACK) ? "#fff" : "#000");
  style.setProperty("--ink-by-day", css(towards(ground, BLACK, DAY)));
  style.setProperty("--ink-by-night", css(towards(ground, WHITE, NIGHT)));
}

export function rgb(text) {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text ?? "");
  return found ? found.slice(1).map((part) => parseInt(part, 16)) : null;
}

const css = (colour) => `rgb(${colour.map(Math.round).join(" ")})`;

// The colour, as far towards black or white as it takes to be readable on `ground`.
function towards(colour, end, ground) {
  let mixed = colour;
  for (let part = 0; part <= 1 && contrast(mixed, ground) < ENOUGH; part += 0.05) {
    mixed = colour.map((value, index) => value + (end[index] - value) * part);
  }
  return mixed;
}

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour) {
  const [red, green, blue] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
