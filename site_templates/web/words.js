// How things are said: names, numbers, dates, states. Pure functions.

export const STATES = {
  SCHEDULED: "Not reported",
  "IN PROGRESS": "Held",
  COMPLETED: "Reported",
  CANCELED: "Cancelled",
};
export const PRIORITIES = { HIGH: "High", MEDIUM: "Medium", LOW: "Low" };
const SEXES = { M: "male", F: "female", O: "other sex" };
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const dateFormat = new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "short", year: "numeric" });
const timeFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export const zone = () => `in ${Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll("_", " ")} time`;

// Control characters, and those that turn the direction of writing: a name must not hide or reorder what is beside it.
export const plain = (text) =>
  String(text ?? "").replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/g, " ").trim();

// DICOM's Family^Given^Middle^Prefix^Suffix as FAMILY, Given Middle (Prefix), which the NHS asks of its programs; after
// `=` the same name in other letters.
export function personName(text) {
  const [letters, ...others] = plain(text).split("=");
  const [family, given, middle, title, suffix] = letters.split("^").map((part) => part.trim());
  const first = [given, middle].filter(Boolean).join(" ");
  const all = [family?.toUpperCase(), [first, suffix].filter(Boolean).join(" ")].filter(Boolean).join(", ");
  const written = others.map((part) => part.replaceAll("^", " ").trim());
  return [title ? `${all} (${title})` : all, ...written].filter(Boolean).join(" / ") || "No name";
}

// `RXA:123` of issuer RXA is 123. `!` marks a patient who has no number, `~` one whose number was too long.
export function localNumber(id, issuer) {
  const text = plain(id);
  const own = issuer && text.startsWith(`${issuer}:`) ? text.slice(issuer.length + 1) : text;
  if (own.startsWith("!!") || own.startsWith("~~")) return own.slice(1);
  if (own.startsWith("!")) return "";
  return own.startsWith("~") ? `${own} (shortened)` : own;
}

export const nhsNumber = (digits) => plain(digits).replace(/^(\d{3})(\d{3})(\d{4})$/, "$1 $2 $3");

export function birth(text) {
  const found = /^(\d{4})(\d\d)(\d\d)$/.exec(plain(text));
  return found ? dateFormat.format(new Date(+found[1], found[2] - 1, +found[3])) : "";
}

export const sexOf = (code) => SEXES[code] ?? "";

export const date = (seconds) => dateFormat.format(new Date(seconds * 1000));
export const time = (seconds) => timeFormat.format(new Date(seconds * 1000));
export const moment = (seconds) => `${date(seconds)}, ${time(seconds)}`;

export function distance(from, to) {
  const gap = Math.abs(to - from);
  if (gap < 90 * MINUTE) return many(Math.max(1, Math.round(gap / MINUTE)), "minute");
  if (gap < 2 * DAY) return many(Math.round(gap / (60 * MINUTE)), "hour");
  return many(Math.floor(gap / DAY), "day");
}

export const many = (count, one, more = `${one}s`) => `${count.toLocaleString("en-GB")} ${count === 1 ? one : more}`;

export const place = (name, id) => (name ? `${plain(name)} (${plain(id)})` : plain(id));

export function holder(entry) {
  const where = place(entry.holder_name, entry.holder);
  return entry.person ? `${plain(entry.person)} at ${where}` : where;
}
