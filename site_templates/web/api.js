// All that the page asks of its own site, which passes it on to the worklist's home.
// A patient's name is in no address: what is searched for stands in the body.

const ROOT = "/netprov/worklist";
const PATIENCE = 20_000;

export class Refused extends Error {
  // status 0: no answer came.
  constructor(status, message, facts = {}) {
    super(message);
    this.status = status;
    this.facts = facts;
  }
}

export const brand = () => get("brand.json");
export const me = () => get("me");
export const search = (wanted) => post(`${ROOT}/search`, wanted);
export const counts = () => get(`${ROOT}/counts`);
export const sites = () => get(`${ROOT}/sites`);
export const entry = (uid) => get(`${ROOT}/workitems/${uid}`);
export const claim = (uid) => post(`${ROOT}/workitems/${uid}/claim`, {});
export const release = (uid) => post(`${ROOT}/workitems/${uid}/release`, {});
export const accept = (uid, instances) => post(`${ROOT}/workitems/${uid}/accept`, { instances });
export const pictures = (study) => get(`/netprov/images/${encodeURIComponent(study)}`);
export const picture = (study, image, frame, query) => `/netprov/images/${encodeURIComponent(study)}/${image}/${frame}${query ? `?${query}` : ""}`;
export const send = (uid, to) => post(`${ROOT}/workitems/${uid}/send`, { to });

// The standard's own dataset of a workitem (PS3.18 11.5).
export async function workitem(uid) {
  const [dataset] = await get(`/dicom-web/workitems/${uid}`, "application/dicom+json");
  return dataset;
}

// Stays open until something happens, or for `wait` seconds; without `after`, where the feed stands.
export function events(after, wait) {
  const query = after === null ? "" : `?after=${after}&wait=${wait}`;
  return ask(`${ROOT}/events${query}`, {}, wait * 1000 + PATIENCE / 2);
}

const get = (path, accept = "application/json") => ask(path, { headers: { Accept: accept } });

const post = (path, body) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

async function ask(path, options, patience = PATIENCE) {
  const signal = AbortSignal.timeout(patience);
  let answer;
  let text;
  try {
    answer = await fetch(path, { ...options, signal, cache: "no-store", credentials: "same-origin" });
    text = await answer.text();
  } catch {
    throw new Refused(0, signal.aborted ? "No answer came in time." : "Your site cannot be reached.");
  }
  const told = read(text);
  if (!answer.ok) throw new Refused(answer.status, told?.message ?? meaning(answer.status), told ?? {});
  if (told === null) throw new Refused(answer.status, "The answer could not be read.");
  return told;
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function meaning(status) {
  if (status === 401) return "You are not logged in. Load the page again to log in.";
  if (status === 403) return "Your site may not use the worklist. Ask those who run the network.";
  if (status === 404) return "Your site does not offer this.";
  return `The worklist's home does not answer (${status}).`;
}
