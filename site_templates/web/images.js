// A study's images as its reader's own site holds them. The site's node renders them, from all their bits.
//
//   address (entry, study) -> api.pictures -> Series -> Stage (one picture at a time, the next ones fetched ahead)

import * as api from "./api.js";
import { by, foreign, make } from "./dom.js";
import { birth, localNumber, many, moment, personName, plain, sexOf } from "./words.js";

const AHEAD = 4;
const KEPT = 200; // pictures that stay in memory, so that going back asks for nothing
const AGAIN = 2000;
const PRESETS = [
  ["", "As stored"],
  ["40 80", "Brain"],
  ["40 400", "Soft tissue"],
  ["-600 1500", "Lung"],
  ["400 1800", "Bone"],
  ["50 350", "Mediastinum"],
  ["own", "Own values"],
];

class Stage {
  #kept = new Map();
  #wanted = "";

  constructor(study) {
    this.study = study;
    this.element = by("stage");
  }

  address(frame, extra = "") {
    return api.picture(this.study, frame.id, frame.frame, [this.window, extra].filter(Boolean).join("&"));
  }

  // The picture that was asked for last is the one that is shown, whichever comes last.
  async show(frames, at, words) {
    const address = this.address(frames[at]);
    this.#wanted = address;
    this.element.classList.add("late");
    const picture = this.#picture(address);
    try {
      await picture.decode();
    } catch {
      if (this.#wanted === address) this.say("This image cannot be shown here. Open it in your own viewer.");
      return;
    }
    if (this.#wanted !== address) return;
    picture.alt = words;
    this.size(picture);
    this.element.classList.remove("late");
    this.element.replaceChildren(picture);
    for (let step = 1; step <= AHEAD; step += 1) {
      for (const near of [frames[at + step], frames[at - step]]) if (near) this.#picture(this.address(near));
    }
  }

  #picture(address) {
    const known = this.#kept.get(address) ?? make("img", { src: address, alt: "", draggable: "false" });
    this.#kept.delete(address);
    this.#kept.set(address, known);
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value);
    return known;
  }

  size(picture = this.element.querySelector("img")) {
    const wanted = by("size").value;
    this.element.dataset.size = wanted;
    if (!picture) return;
    const times = wanted === "fit" ? 0 : Number(wanted);
    if (times) [picture.width, picture.height] = [picture.naturalWidth * times, picture.naturalHeight * times];
    else for (const side of ["width", "height"]) picture.removeAttribute(side);
  }

  say(text) {
    this.#wanted = "";
    this.element.classList.remove("late");
    this.element.replaceChildren(make("p", { class: "hint", role: "status", text }));
  }
}

class Viewer {
  at = 0;
  current = null;

  constructor(study, series) {
    this.series = series;
    this.stage = new Stage(study);
    by("series").replaceChildren(...series.map((one) => make("li", {}, this.#button(one))));
    by("preset").replaceChildren(...PRESETS.map(([value, text]) => make("option", { value, text })));
    by("image").addEventListener("input", () => this.turn(by("image").valueAsNumber - 1));
    by("stage").addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    by("preset").addEventListener("change", () => this.#preset());
    for (const name of ["center", "width"]) by(name).addEventListener("change", () => this.#own());
    by("size").addEventListener("change", () => this.stage.size());
    by("viewer").hidden = false;
    this.open(series.find((one) => one.pictures) ?? series[0]);
  }

  #button(one) {
    const first = one.pictures ? one.images[0] : null;
    const small = first ? make("img", { src: this.stage.address({ id: first.id, frame: 0 }, "size=128"), alt: "", loading: "lazy" }) : make("span", { class: "none" });
    const words = foreign(plain(one.description) || `Series ${one.number}`, { class: "main" });
    const button = make("button", { type: "button" }, small, words, make("span", { class: "soft", text: `${plain(one.modality)}, ${count(one)}` }));
    button.addEventListener("click", () => this.open(one));
    one.button = button;
    return button;
  }

  open(one) {
    this.current?.button.removeAttribute("aria-current");
    one.button.setAttribute("aria-current", "true");
    this.current = one;
    this.frames = one.images.flatMap((image) => Array.from({ length: image.frames }, (_, frame) => ({ id: image.id, frame })));
    by("series-name").replaceChildren(foreign(`${plain(one.modality)} ${plain(one.description) || `series ${one.number}`}`));
    by("image").max = Math.max(1, this.frames.length);
    document.querySelector(".controls").hidden = !one.pictures;
    if (one.pictures) return this.turn(Math.floor(this.frames.length / 2));
    by("where").textContent = "";
    this.stage.say(`${plain(one.modality)} is no picture. Open it in your own viewer.`);
  }

  turn(to) {
    this.at = Math.min(this.frames.length - 1, Math.max(0, to));
    by("image").value = this.at + 1;
    const words = `Image ${this.at + 1} of ${this.frames.length}`;
    by("image").setAttribute("aria-valuetext", words);
    by("where").textContent = words;
    return this.stage.show(this.frames, this.at, `${words}, ${plain(this.current.modality)} ${plain(this.current.description)}`.trim());
  }

  #wheel(event) {
    if (by("size").value !== "fit" || event.ctrlKey) return; // a large picture is scrolled, and the browser zooms
    event.preventDefault();
    if (event.deltaY) this.turn(this.at + Math.sign(event.deltaY));
  }

  #preset() {
    const [center, width] = by("preset").value.split(" ");
    if (by("preset").value === "own") return by("center").focus();
    by("center").value = center;
    by("width").value = width ?? "";
    this.#apply();
  }

  #own() {
    by("preset").value = by("center").value === "" && by("width").value === "" ? "" : "own";
    this.#apply();
  }

  #apply() {
    const [center, width] = [by("center").valueAsNumber, by("width").valueAsNumber];
    this.stage.window = width > 0 && !Number.isNaN(center) ? `center=${center}&width=${width}` : "";
    this.turn(this.at);
  }
}

function count(one) {
  const frames = one.images.reduce((sum, image) => sum + image.frames, 0);
  return many(frames, one.pictures ? "image" : "object");
}

// Whose images these are; without the worklist's home, the page says so and goes on.
function title(entry) {
  const name = personName(entry.patient_name);
  const number = localNumber(entry.patient_id, entry.patient_issuer);
  const facts = [
    [birth(entry.birth_date) && `born ${birth(entry.birth_date)}`, sexOf(entry.sex)].filter(Boolean).join(", "),
    number && `No. ${number} of ${plain(entry.patient_issuer)}`,
    plain(entry.description),
    entry.start_at && moment(entry.start_at),
  ];
  by("name").replaceChildren(foreign(name));
  by("facts").replaceChildren(...facts.filter(Boolean).flatMap((text, at) => [at ? " · " : "", foreign(text)]));
  document.title = `Images, ${name}`;
}

function trouble(text) {
  by("trouble").hidden = false;
  by("trouble-text").textContent = text;
}

async function fetchTo(site, uid, study) {
  by("fetch").disabled = true;
  try {
    await api.send(uid, site);
  } catch (refused) {
    return trouble(`It cannot be sent here: ${refused.message}`);
  }
  for (;;) {
    const { transfers } = await api.entry(uid).catch(() => ({ transfers: [] }));
    const own = transfers.find((one) => one.to === site);
    if (own?.state === "failed") return trouble(`It could not be sent here: ${plain(own.reason)}`);
    if (own?.state === "arrived") break;
    trouble(`It is on its way here${own?.total ? `: ${own.sent} of ${many(own.total, "image")}` : ""}.`);
    await new Promise((done) => setTimeout(done, AGAIN));
  }
  by("trouble").hidden = true;
  return look(study);
}

async function look(study) {
  const told = await api.pictures(study);
  return new Viewer(study, told.series);
}

async function begin() {
  const asked = new URLSearchParams(location.search);
  const uid = asked.get("entry") ?? "";
  const [entry, brand] = await Promise.allSettled([api.entry(uid), api.brand()]);
  const study = entry.value?.study_uid ?? asked.get("study") ?? "";
  if (entry.value) title(entry.value);
  else trouble(`Whose images these are cannot be told: ${entry.reason.message}`);
  try {
    await look(study);
  } catch (refused) {
    if (!(refused instanceof api.Refused)) throw refused;
    if (refused.status !== 404) return trouble(refused.message);
    const site = brand.value?.site;
    const may = entry.value?.destinations.some((one) => one.id === site);
    trouble(may ? "Your site does not hold these images." : "Your site does not hold these images. Claim the entry, and they come.");
    by("fetch").hidden = !may;
    by("fetch").addEventListener("click", () => fetchTo(site, uid, study));
  }
}

begin();
