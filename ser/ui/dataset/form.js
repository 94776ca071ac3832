// @ts-check
// The Data set tab's form of filters: reads a view from it, and sets it to a view.
import { find, findAll, node } from "../page/dom.js";
import { CHOICES, DEFAULTS, endsOf, filtersIn, RANGES } from "./view.js";

/** @typedef {import("./view.js").View} View */

export class FilterForm {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
  }

  /**
   * Return a field, or null where the form does not have it: some need the data set.
   * @param {string} name
   */
  field(name) {
    return /** @type {HTMLInputElement | HTMLSelectElement | null} */ (this.form.elements.namedItem(name));
  }

  /** The filters as a view, without order and clip. */
  filters() {
    /** @param {string} name */
    const value = (name) => this.field(name)?.value || "";
    /** @type {View} */
    const view = { part: value("part"), q: value("q").trim() };
    for (const name of CHOICES) view[name] = value(name);
    for (const name of RANGES) {
      const ends = ["from", "to"].map((end) => value(`${name}-${end}`));
      view[name] = ends.join("") && ends.join("-");
    }
    return view;
  }

  /**
   * Set the filters. Values that the form does not have are ignored: a link may be old, or come from a machine with the
   * data set.
   * @param {View} view
   */
  set(view) {
    const parts = findAll(this.form, "[name=part]", HTMLInputElement);
    const part = parts.find(({ value }) => value === (view.part || DEFAULTS.part));
    (part || find(this.form, `[name=part][value=${DEFAULTS.part}]`, HTMLInputElement)).checked = true;
    find(this.form, "[name=q]", HTMLInputElement).value = view.q || "";
    for (const name of CHOICES) {
      const select = this.field(name);
      if (!(select instanceof HTMLSelectElement)) continue;
      select.value = [...select.options].some(({ value }) => value === view[name]) ? view[name] : "";
    }
    for (const name of RANGES) {
      const ends = endsOf(view[name]);
      for (const [i, end] of ["from", "to"].entries()) {
        const field = this.field(`${name}-${end}`);
        if (field) field.value = ends[i];
      }
    }
  }

  /**
   * Add what only the table of clips knows: the actors, and how many clips each part has.
   * @param {import("./rows.js").Row[]} rows
   */
  fill(rows) {
    const actors = [...new Map(rows.map((row) => [row.actor, row])).values()];
    actors.sort((one, other) => (one.actor < other.actor ? -1 : 1));
    const options = actors.map(({ actor, age, sex }) =>
      node("option", { value: actor, textContent: age ? `${actor} · ${sex}, ${age}` : actor }),
    );
    find(this.form, "[name=actor]").append(...options);
    for (const size of findAll(this.form, "[data-size]")) {
      const part = size.dataset.size;
      const clips = rows.filter((row) => part === "all" || row.part === part);
      size.textContent = clips.length.toLocaleString("en");
    }
    find(this.form, "details", HTMLDetailsElement).open = innerWidth > 760;
  }

  /**
   * Mark the filters that are set.
   * @param {View} view
   */
  mark(view) {
    const count = filtersIn(view).length;
    find(this.form, '[data-slot="active"]').textContent = count ? ` · ${count} set` : "";
    for (const key of [...CHOICES, ...RANGES])
      this.form.querySelector(`.field.${key}`)?.classList.toggle("set", Boolean(view[key]));
  }
}
