// The filters above the list and the view, one the picture of the other.

import { by, make } from "./dom.js";
import { FIRST, narrowed } from "./view.js";
import { place } from "./words.js";

const MODALITIES = ["BMD", "CR", "CT", "DX", "IO", "IVUS", "MG", "MR", "NM", "OCT", "OT", "PT", "PX", "RF", "US", "XA"];
const WORDS = ["show", "modality", "acquired", "priority", "order"];
const TICKS = ["mine", "overdue"];
const TYPING = 300;

export class Filters {
  #clock = 0;

  // `changed` is called with what is new of the view.
  constructor(changed) {
    this.changed = changed;
    by("modality").append(...MODALITIES.map((text) => make("option", { text })));
    for (const name of WORDS) by(name).addEventListener("change", () => changed({ [name]: by(name).value, page: 1 }));
    for (const name of TICKS) by(name).addEventListener("change", () => changed({ [name]: by(name).checked, page: 1 }));
    by("size").addEventListener("change", () => changed({ size: Number(by("size").value), page: 1 }));
    by("text").addEventListener("input", () => {
      clearTimeout(this.#clock);
      this.#clock = setTimeout(() => this.typed(), TYPING);
    });
    by("filters").addEventListener("submit", (event) => event.preventDefault());
    by("fold").addEventListener("click", () => {
      const open = by("fields").classList.toggle("open");
      by("fold").setAttribute("aria-expanded", open);
    });
    for (const id of ["clear", "nothing-clear"]) by(id).addEventListener("click", () => this.clear());
    for (const heading of document.querySelectorAll("th[data-order] button")) {
      heading.addEventListener("click", () => this.#order(heading.parentElement));
    }
  }

  typed() {
    clearTimeout(this.#clock);
    return this.changed({ text: by("text").value.trim(), page: 1 });
  }

  clear() {
    const { order, size, ...rest } = FIRST;
    this.changed(rest);
    by("text").focus();
  }

  show(view) {
    for (const name of WORDS) choose(by(name), view[name]);
    for (const name of TICKS) by(name).checked = view[name];
    by("size").value = view.size;
    if (by("text").value.trim() !== view.text) by("text").value = view.text;
    by("clear").disabled = !narrowed(view);
    by("fold").textContent = narrowed({ ...view, text: "" }) ? "Filters (in use)" : "Filters";
    for (const heading of document.querySelectorAll("th[data-order]")) {
      const name = view.order.replace(/^-/, "");
      const way = heading.dataset.order === name ? (view.order.startsWith("-") ? "descending" : "ascending") : "none";
      heading.setAttribute("aria-sort", way);
    }
  }

  sites(all) {
    const chosen = by("acquired").value;
    const options = all.map(({ id, name }) => make("option", { value: id, text: place(name, id) }));
    by("acquired").replaceChildren(by("acquired").options[0], ...options);
    choose(by("acquired"), chosen);
  }

  #order(heading) {
    const name = heading.dataset.order;
    const turned = heading.getAttribute("aria-sort") === "ascending" ? `-${name}` : name;
    this.changed({ order: turned, page: 1 });
  }
}

// What an address names is shown, even if nothing here knows it yet.
function choose(select, value) {
  if (![...select.options].some((option) => option.value === value)) select.append(make("option", { value, text: value }));
  select.value = value;
}
