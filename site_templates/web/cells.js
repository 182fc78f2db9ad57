// What one entry looks like in the list.

import { foreign, make, safeAddress } from "./dom.js";
import {
  PRIORITIES,
  STATES,
  birth,
  date,
  distance,
  holder,
  localNumber,
  many,
  moment,
  personName,
  place,
  plain,
  sexOf,
  time,
} from "./words.js";

const SIGNS = { HIGH: "▲", MEDIUM: "", LOW: "▽" };

export function cells(entry) {
  return [
    cell("rowheader", "patient", patient(entry)),
    cell("gridcell", "study", study(entry)),
    cell("gridcell", "acquired", acquired(entry), "Acquired"),
    cell("gridcell", "due", due(entry), "Due"),
    cell("gridcell", "priority", priority(entry), "Priority"),
    cell("gridcell", "state", state(entry), "State"),
    cell("gridcell", "actions", actions(entry)),
  ];
}

// The entry in one sentence, for those who hear the list.
export function sentence(entry) {
  const late = entry.overdue ? [`overdue by ${distance(entry.due_at * 1000, Date.now())}`] : [];
  const what = [plain(entry.modalities.join(" ")), plain(entry.description)].filter(Boolean).join(" ");
  return [personName(entry.patient_name), what, ...late, `${priorityWord(entry)} priority`, stateWords(entry)].join(", ");
}

export function patient(entry) {
  const born = birth(entry.birth_date);
  const number = localNumber(entry.patient_id, entry.patient_issuer);
  const issuer = entry.patient_issuer ? ` of ${plain(entry.patient_issuer)}` : "";
  return [
    foreign(personName(entry.patient_name), { class: "main" }),
    make("span", { text: [born && `born ${born}`, sexOf(entry.sex)].filter(Boolean).join(", ") }),
    make("span", {}, number ? "No. " : "No hospital number", number && foreign(number, { class: "number" }), number && issuer),
  ];
}

export function study(entry) {
  const images = Number(entry.instances) ? many(Number(entry.instances), "image") : "";
  return [
    make(
      "span",
      { class: "what" },
      ...entry.modalities.map((modality) => make("span", { class: "modality", text: plain(modality) })),
      " ",
      foreign(plain(entry.description) || "No description", { class: "main" }),
    ),
    make("span", { text: [plain(entry.body_part), images].filter(Boolean).join(", ") }),
    entry.accession ? make("span", {}, "Accession ", foreign(plain(entry.accession), { class: "number" })) : null,
    ...warnings(entry),
  ];
}

export const warnings = (entry) =>
  [entry.comments, entry.flag]
    .map(plain)
    .filter(Boolean)
    .map((text) => make("span", { class: "warning" }, mark("!"), " ", foreign(text)));

function acquired(entry) {
  return [make("span", { class: "main", text: moment(entry.start_at) }), foreign(place(entry.site_name, entry.site))];
}

export function due(entry) {
  const now = Date.now();
  const late = entry.overdue
    ? make("strong", { class: "overdue" }, mark("!"), ` Overdue by ${distance(entry.due_at * 1000, now)}`)
    : null;
  const open = entry.state === "SCHEDULED" || entry.state === "IN PROGRESS";
  const ahead = open && !late && entry.due_at ? `in ${distance(entry.due_at * 1000, now)}` : "";
  return [late, make("span", { class: "main", text: moment(entry.due_at) }), ahead && make("span", { text: ahead })];
}

export const priorityWord = (entry) => PRIORITIES[entry.priority] ?? "Medium";

function priority(entry) {
  const word = priorityWord(entry);
  return [make("span", { class: `level ${word.toLowerCase()}` }, mark(SIGNS[entry.priority] ?? ""), ` ${word}`)];
}

function stateWords(entry) {
  if (entry.state !== "IN PROGRESS") return STATES[entry.state] ?? plain(entry.state);
  return entry.mine ? "Held by you" : `Held by ${holder(entry)}`;
}

export function state(entry) {
  const held = entry.state === "IN PROGRESS";
  const kind = entry.state === "SCHEDULED" ? "open" : held ? (entry.mine ? "mine" : "held") : "ended";
  return [
    make("span", { class: `badge ${kind}`, text: held ? (entry.mine ? "Held by you" : "Held") : stateWords(entry) }),
    held && !entry.mine ? foreign(holder(entry)) : null,
    held && entry.since ? make("span", { text: `since ${near(entry.since)}` }) : null,
    held && entry.mine && entry.until ? make("span", { text: `yours until ${near(entry.until)}` }) : null,
    entry.state === "COMPLETED" && entry.holder ? foreign(holder(entry)) : null,
    entry.left ? make("span", { class: "left", text: "No longer fits your filters" }) : null,
  ];
}

// The date is left out only where it is today's.
const near = (seconds) => (date(seconds) === date(Date.now() / 1000) ? `${time(seconds)} today` : moment(seconds));

export function actions(entry) {
  const who = personName(entry.patient_name);
  const act = (name, text, kind = "") =>
    make("button", { type: "button", "data-act": name, class: kind, "aria-label": `${text} ${who}`, text });
  return [
    canClaim(entry) ? act("claim", "Claim", "primary") : null,
    canRelease(entry) ? act("release", "Release") : null,
    entry.state === "SCHEDULED" && !entry.may_report
      ? make("span", { class: "hint", text: "For other sites to report" })
      : null,
    entry.images ? opener(entry.images, who) : null,
    act("details", "Details"),
  ];
}

export const canClaim = (entry) => entry.state === "SCHEDULED" && entry.may_report;
export const canRelease = (entry) => entry.state === "IN PROGRESS" && entry.mine;

// Where the images are: the network's viewer if it has one, or what the workitem says.
export function images(entry, brand) {
  if (brand.viewer) return safeAddress(brand.viewer.replace("{study}", encodeURIComponent(entry.study_uid)));
  // PS3.18 has the series' own address; the study's is before it.
  return entry.retrieve_url ? safeAddress(entry.retrieve_url.replace(/\/series\/[0-9.]+$/, "")) : "";
}

export function withImages(entry, brand) {
  const own = `images.html?${new URLSearchParams({ entry: entry.uid, study: entry.study_uid })}`;
  return { ...entry, images: brand.viewer ? images(entry, brand) : own };
}

const opener = (href, who) =>
  make("a", { class: "button", href, target: "_blank", rel: "noopener noreferrer", "aria-label": `Open images ${who}`, text: "Images" });

const mark = (text) => (text ? make("span", { class: "mark", "aria-hidden": "true", text }) : "");

function cell(role, kind, children, heading) {
  const name = role === "rowheader" ? "th" : "td";
  const facts = { role, class: kind, "data-heading": heading, scope: name === "th" ? "row" : undefined };
  return make(name, facts, ...children);
}
