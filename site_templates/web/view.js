// What the reader wants to see: filters, order, page. They stand in the address, so that a view can be kept and passed
// on; what was typed to find a patient does not, nor in any storage: it is patient data.

const SHOWN = {
  todo: ["SCHEDULED", "IN PROGRESS"],
  unclaimed: ["SCHEDULED"],
  held: ["IN PROGRESS"],
  reported: ["COMPLETED"],
  cancelled: ["CANCELED"],
  all: [],
};
const ORDERS = ["urgency", "due", "start", "name", "site"];
const SIZES = [25, 50, 100];
const WORD = /^[A-Z0-9_]{1,16}$/;
export const FIRST = Object.freeze({
  show: "todo",
  modality: "",
  acquired: "",
  priority: "",
  mine: false,
  overdue: false,
  order: "urgency",
  page: 1,
  size: 50,
  text: "",
});

// What is not ours in an address counts for nothing.
export function fromAddress(query) {
  const given = new URLSearchParams(query);
  const word = (name, valid) => (valid(given.get(name) ?? "") ? given.get(name) : FIRST[name]);
  const number = (name, valid) => (valid(Number(given.get(name))) ? Number(given.get(name)) : FIRST[name]);
  return {
    show: word("show", (value) => Object.hasOwn(SHOWN, value)),
    modality: word("modality", (value) => WORD.test(value)),
    acquired: word("acquired", (value) => WORD.test(value)),
    priority: word("priority", (value) => ["HIGH", "MEDIUM", "LOW"].includes(value)),
    mine: given.get("mine") === "yes",
    overdue: given.get("overdue") === "yes",
    order: word("order", (value) => ORDERS.includes(value.replace(/^-/, ""))),
    page: number("page", (value) => Number.isInteger(value) && value > 0 && value < 1e6),
    size: number("size", (value) => SIZES.includes(value)),
    text: "",
  };
}

export function toAddress(view) {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(view)) {
    if (name !== "text" && value !== FIRST[name]) given.set(name, value === true ? "yes" : value);
  }
  const query = given.toString();
  return query ? `?${query}` : location.pathname;
}

export const narrowed = (view) =>
  ["show", "modality", "acquired", "priority", "mine", "overdue", "text"].some((name) => view[name] !== FIRST[name]);

// As the worklist's home understands it.
export function toSearch(view) {
  return {
    states: SHOWN[view.show],
    modality: view.modality,
    site: view.acquired,
    priority: view.priority,
    mine: view.mine,
    overdue: view.overdue,
    text: view.text.replace(/[,^]/g, " "),
    sort: view.order.replace(/^-/, ""),
    descending: view.order.startsWith("-"),
    limit: view.size,
    offset: (view.page - 1) * view.size,
  };
}
