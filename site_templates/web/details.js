// One entry in full, with its history, and sending its study to a site.

import * as api from "./api.js";
import { actions, due, images, priorityWord, state, study, warnings, withImages } from "./cells.js";
import { bringTray, by, foreign, make } from "./dom.js";
import { birth, date, localNumber, many, moment, nhsNumber, personName, place, plain, sexOf, time } from "./words.js";

const AGAIN = 2000;
const MINUTE = 60_000;
const MOVING = ["asked", "moving"];
const TRANSFERS = {
  asked: "waits to be sent",
  moving: "is on its way",
  arrived: "has arrived",
  failed: "could not be sent",
};
const WHY = { claimed: " (claimed there)", prefetched: " (for its pool)" };
const ACTIONS = {
  create: "Put on the list",
  claim: "Claimed",
  release: "Released",
  expire: "Claim ended, its time was over,",
  update: "Changed",
  complete: "Reported",
  report: "Report came in",
  accept: "Report accepted",
  cancel: "Cancelled",
  "request cancellation": "Cancellation asked for",
  send: "Sending",
  rebuild: "Put on the list again",
};
const REFUSED = {
  claim: "Claim",
  release: "Release",
  update: "Change",
  complete: "Completion",
  report: "Report",
  accept: "Acceptance of a report",
  cancel: "Cancellation",
  "request cancellation": "Cancellation",
  send: "Sending of images",
};

export class Details {
  entry = null;
  #uid = "";
  #text = "";
  #clock = 0;
  #to = "";

  constructor(brand, send) {
    this.brand = brand;
    this.send = send;
    this.dialog = by("details");
    // It is told late: meanwhile the next one may have been opened.
    this.dialog.addEventListener("close", () => this.dialog.open || this.#end());
  }

  get uid() {
    return this.dialog.open ? this.#uid : "";
  }

  async open(entry, sending = false) {
    this.#uid = entry.uid;
    this.#to = "";
    this.#text = "";
    by("details-name").replaceChildren(foreign(personName(entry.patient_name)));
    this.#fill(entry, null, null);
    if (!this.dialog.open) this.dialog.showModal();
    bringTray();
    by("details-name").focus();
    await this.refresh();
    if (sending && this.uid === entry.uid) this.dialog.querySelector("#to")?.focus();
  }

  async refresh() {
    const uid = this.uid;
    if (!uid) return;
    const [full, dataset] = await Promise.allSettled([api.entry(uid), api.workitem(uid)]);
    if (this.uid !== uid) return;
    if (full.status === "rejected") {
      this.#wrong(full.reason.message);
      return;
    }
    this.#fill(full.value, full.value, dataset.value ?? null);
    clearTimeout(this.#clock);
    if (full.value.transfers.some((transfer) => MOVING.includes(transfer.state))) this.#clock = setTimeout(() => this.refresh(), AGAIN);
  }

  #fill(facts, full, dataset) {
    const entry = withImages(facts, this.brand);
    this.entry = entry;
    const text = JSON.stringify([entry, full, dataset, Math.floor(Date.now() / MINUTE)]);
    if (text === this.#text) return; // a list that is open for choosing stays open
    this.#text = text;
    const focus = document.activeElement?.id;
    const act = document.activeElement?.dataset?.act;
    const body = by("details-body");
    body.dataset.uid = entry.uid;
    body.replaceChildren(
      ...warnings(entry).map((warning) => make("p", { class: "notice bad" }, warning)),
      make("div", { class: "acts" }, ...actions(entry).filter((one) => one?.dataset.act !== "details")),
      full ? kept(full) : "",
      make("div", { class: "facts" }, this.#patient(entry, dataset), this.#study(entry, dataset), this.#reporting(entry, dataset)),
      full ? this.#sending(full) : make("p", { id: "details-wait", class: "hint", text: "Loading the history" }),
      full ? history(full.history) : "",
    );
    // What was pressed may be gone: whoever has no mouse goes on beside it, and not from the beginning.
    if (act) (body.querySelector(`[data-act="${act}"]`) ?? body.querySelector(".acts button, .acts a") ?? by("details-name")).focus();
    else if (focus) by(focus)?.focus();
  }

  // A network without a viewer gives the address that the standard has: a workstation reads it, a browser may not.
  #where(entry) {
    const href = this.brand.viewer ? "" : images(entry, this.brand);
    if (!href) return "";
    const link = make("a", { href, target: "_blank", rel: "noopener noreferrer", text: href });
    return [link, make("span", { class: "hint", text: "DICOMweb, for a workstation that has the site's certificate" })];
  }

  #patient(entry, dataset) {
    const number = localNumber(entry.patient_id, entry.patient_issuer);
    const nhs = items(dataset, "00101002").find((one) => first(one, "00100021") === "NHS");
    return list("Patient", [
      ["Name", foreign(personName(entry.patient_name))],
      ["Born", birth(entry.birth_date)],
      ["Sex", sexOf(entry.sex)],
      ["Hospital number", number ? foreign(`${number} of ${plain(entry.patient_issuer)}`) : "none"],
      ["NHS number", nhs ? foreign(nhsNumber(first(nhs, "00100020"))) : dataset ? "not known" : ""],
    ]);
  }

  #study(entry, dataset) {
    return list("Study", [
      ["What", study({ ...entry, comments: "", flag: "", accession: "" })],
      ["Accession", entry.accession ? foreign(plain(entry.accession)) : "none"],
      ["Asked for by", foreign(plain(first(items(dataset, "0040A370")[0], "00321033")))],
      ["Acquired", `${moment(entry.start_at)} at ${place(entry.site_name, entry.site)}`],
      ["Images", this.#where(entry)],
    ]);
  }

  #reporting(entry, dataset) {
    const done = items(dataset, "00741216").flatMap((each) => items(each, "00404033"));
    return list("Reporting", [
      ["Due", due(entry)],
      ["Priority", priorityWord(entry)],
      ["State", state(entry)],
      ["Result", done.length ? many(done.length, "report") : ""],
    ]);
  }

  #sending(full) {
    const moves = full.transfers.map((one) => make("li", {}, foreign(transferred(one))));
    const form = full.destinations.length ? this.#form(full) : make("p", { class: "hint", text: "Your site may not have this study sent anywhere." });
    return make("section", {}, make("h3", { text: "Send" }), form, moves.length ? make("div", { role: "status" }, make("ul", { class: "transfers" }, ...moves)) : "");
  }

  // Where the reader's site may have it sent, and nowhere else: the home refuses the rest.
  #form(full) {
    const choice = make("select", { id: "to" }, ...full.destinations.map((one) => make("option", { value: one.id, text: place(one.name, one.id) })));
    const there = full.destinations.map((one) => one.id);
    choice.value = [this.#to, this.brand.site].find((id) => there.includes(id)) ?? there[0];
    choice.addEventListener("change", () => (this.#to = choice.value));
    const form = make("form", { class: "send" }, make("label", {}, "Send the study to", choice), make("button", { id: "send", text: "Send" }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send(full, choice.value);
    });
    return form;
  }

  // In the place of what could not be read, or below what was read before.
  #wrong(text) {
    if (by("details-wait")?.textContent === text) return;
    by("details-wait")?.remove();
    by("details-body").append(make("p", { id: "details-wait", class: "notice bad", role: "alert", text }));
  }

  #end() {
    clearTimeout(this.#clock);
    this.#uid = "";
  }
}

// Reports of who did not hold the entry; who holds it may take them for its own.
function kept(full) {
  const open = ["SCHEDULED", "IN PROGRESS"].includes(full.state);
  if (!full.reports.length || !open) return "";
  const one = full.reports.length === 1;
  const rows = full.reports.map(({ site_name: name, site, at }) => make("li", {}, foreign(place(name, site)), `, ${moment(at)}`));
  const text = one ? "Accept the report that is here" : `Accept the ${full.reports.length} reports that are here`;
  const act = full.mine
    ? make("button", { type: "button", "data-act": "accept", text })
    : make("p", { class: "hint", text: `Whoever holds this entry can accept ${one ? "it" : "them"}.` });
  const heading = one ? "A report is here" : "Reports are here";
  return make("section", {}, make("h3", { text: heading }), make("ul", { class: "transfers" }, ...rows), act);
}

function transferred({ to, state: at, reason, sent, total, why }) {
  const count = total ? `, ${sent} of ${many(total, "image")}` : "";
  const trouble = reason ? `${MOVING.includes(at) ? ", delayed" : ""}: ${plain(reason)}` : "";
  return `To ${plain(to)}${WHY[why] ?? ""}: it ${TRANSFERS[at] ?? plain(at)}${count}${trouble}`;
}

function history(lines) {
  if (!lines) return "";
  const rows = lines.map(({ time: when, site, person, action, result }) => {
    const seconds = Date.parse(iso(when)) / 1000;
    const told = Number.isNaN(seconds) ? plain(when) : `${date(seconds)}, ${time(seconds)}`;
    return make("li", {}, make("span", { class: "when", text: told }), " ", foreign(happened(action, [person, site].map(plain).filter(Boolean).join(" at "), plain(result))));
  });
  return make("section", {}, make("h3", { text: "History" }), make("ol", { class: "history" }, ...rows));
}

// The log's own words say what came of it; of images, all that there is to say.
function happened(action, who, result) {
  if (action === "transfer") return `Images ${result}`;
  const why = /^refused: (.*)$/s.exec(result)?.[1];
  if (why) return `${REFUSED[action] ?? plain(action)} by ${who} refused: ${why}`;
  const word = action === "report" ? "from" : "by";
  return `${ACTIONS[action] ?? plain(action)} ${word} ${who}${result === "done" ? "" : `, ${result}`}`;
}

// 20261124164500+0000
const iso = (text) =>
  String(text).replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)([+-]\d\d)(\d\d)$/, "$1-$2-$3T$4:$5:$6$7:$8");

function list(heading, pairs) {
  const known = pairs.filter(([, value]) => value && value.textContent !== "");
  const rows = known.map(([name, value]) => make("div", {}, make("dt", { text: name }), make("dd", {}, ...[value].flat().filter(Boolean))));
  return make("section", {}, make("h3", { text: heading }), make("dl", {}, ...rows));
}

const items = (dataset, tag) => dataset?.[tag]?.Value ?? [];
const first = (dataset, tag) => String(items(dataset, tag)[0] ?? "");
