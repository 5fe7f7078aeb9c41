// What a search found: a list and the map at once, narrowed by time and by "not this one".

import { t } from "./api.js";
import { byId, el, inSlices, plate } from "./dom.js";
import { agoTime, clock, exact } from "./time.js";
import { altWords, directionWords, placeWords, surenessOf, whyWords } from "./search_words.js";

const STEPS = 1_000; // of the slider of times

export class Results {
  #all = [];
  #shown = []; // of #all; a row that is not is hidden, and each keeps its number
  #isShown = new Set();
  #rows = new Map(); // passage → its row
  #without = new Map(); // plate → the passage by which it was left out
  #span = [0, 0];
  #chosen = null;
  #stop = () => {};

  /** on: {changed(), refined(), follow(passage), picture(passage)}; refined: there may be others in place of what is out. */
  constructor(map, on) {
    [this.map, this.on] = [map, on];
    this.list = byId("results");
    map.onSighting((one) => this.choose(one.passage, { focus: true }));
    for (const id of ["times-from", "times-to"]) {
      byId(id).addEventListener("input", () => this.#slid(id));
      byId(id).addEventListener("change", () => on.refined());
    }
  }

  get chosen() { return this.#chosen; }
  get shown() { return this.#shown; }
  get all() { return this.#all; }
  get without() { return [...this.#without.values()]; }

  /** New results; keep: of the same search, narrowed as it was. */
  show(passages, { keep = false } = {}) {
    this.#all = passages;
    if (!keep) this.#open(passages);
    this.#chosen = keep && this.#chosen ? passages.find((one) => one.passage_id === this.#chosen.passage_id) : null;
    this.#narrow();
    this.#fill();
  }

  #open(passages) {
    this.#without.clear();
    const times = passages.map((one) => Date.parse(one.captured_at));
    this.#span = times.length ? [times.reduce((a, b) => Math.min(a, b)), times.reduce((a, b) => Math.max(a, b))] : [0, 0];
    byId("times").hidden = new Set(times).size < 2;
    [byId("times-from").value, byId("times-to").value] = [0, STEPS];
  }

  clear() { this.show([]); }

  #moment(id) {
    const [first, last] = this.#span;
    return first + ((last - first) * byId(id).value) / STEPS;
  }

  #slid(id) {
    const [from, to] = [byId("times-from"), byId("times-to")];
    if (Number(from.value) > Number(to.value)) (id === "times-from" ? from : to).value = (id === "times-from" ? to : from).value;
    clearTimeout(this.sliding);
    this.#sayTimes();
    this.sliding = setTimeout(() => this.#narrow(), 60);
  }

  #sayTimes() {
    const [from, to] = [this.#moment("times-from"), this.#moment("times-to")];
    byId("times-shown").textContent = `${clock(from)} – ${clock(to)}`;
    byId("times-from").setAttribute("aria-valuetext", exact(from));
    byId("times-to").setAttribute("aria-valuetext", exact(to));
  }

  /** {after, before} of the slider, ms; null: it holds nothing back. */
  times() {
    if (Number(byId("times-from").value) === 0 && Number(byId("times-to").value) === STEPS) return null;
    return { after: Math.floor(this.#moment("times-from")), before: Math.ceil(this.#moment("times-to")) + 1 };
  }

  #narrow() {
    const [from, to] = [Math.floor(this.#moment("times-from")), Math.ceil(this.#moment("times-to"))];
    this.#shown = this.#all.filter((one) => {
      const at = Date.parse(one.captured_at);
      return at >= from && at <= to && !this.#without.has(one.plate);
    });
    this.#isShown = new Set(this.#shown);
    if (!this.#isShown.has(this.#chosen)) this.#chosen = null;
    for (const [passage, row] of this.#rows) row.hidden = !this.#isShown.has(passage);
    if (!byId("times").hidden) this.#sayTimes();
    this.toMap();
    this.on.changed();
  }

  /** Draws the results on the map, anew after something else was on it. */
  toMap() {
    const numbers = new Map(this.#all.map((passage, at) => [passage, at + 1]));
    this.sightings = this.#shown.map((passage) => ({ ...passage, position: passage.camera.position, number: numbers.get(passage), passage }));
    this.map.route([]);
    this.map.next([]);
    this.map.patrols([]);
    this.map.sightings(this.sightings);
    this.map.fit();
  }

  #fill() {
    this.#stop();
    this.list.replaceChildren();
    this.#rows.clear();
    this.#stop = inSlices(this.list, this.#all, (passage, at) => this.#row(passage, at));
  }

  #row(passage, at) {
    const sure = surenessOf(passage), direction = directionWords(passage);
    const row = el("li", { className: "result", onclick: (event) => { if (!event.target.closest("button")) this.choose(passage); } },
      el("span", { className: "nr" }, String(at + 1)),
      this.#thumb(passage),
      el("div", { className: "about" },
        el("div", { className: "line" }, plate(passage.plate_display, passage.country), passage.late ? el("span", { className: "chip warn" }, t("late")) : "", agoTime(passage.captured_at)),
        el("div", { className: "place" }, placeWords(passage.camera)),
        el("div", { className: "small muted" }, el("span", { className: sure.doubt ? "doubt" : "" }, sure.text), [" · ", whyWords(passage), direction ? ` · ${direction}` : ""].join(""))),
      el("div", { className: "acts" },
        el("button", { type: "button", className: "btn", "aria-label": t("follow_plate", { plate: passage.plate_display }), onclick: () => this.on.follow(passage) }, t("follow")),
        el("button", { type: "button", className: "btn-quiet", "aria-label": t("not_this_plate", { plate: passage.plate_display }), onclick: () => this.leaveOut(passage) }, t("not_this"))));
    row.hidden = !this.#isShown.has(passage);
    if (passage === this.#chosen) row.ariaCurrent = "true";
    this.#rows.set(passage, row);
    return row;
  }

  #thumb(passage) {
    const button = el("button", { type: "button", className: "thumb", title: t("picture_large", { plate: passage.plate_display }), onclick: () => this.on.picture(passage) });
    const none = () => { button.replaceChildren(t("picture_none")); };
    if (!passage.pictures.crop) { none(); button.disabled = true; return button; }
    button.append(el("img", { src: passage.pictures.crop, alt: altWords(passage), loading: "lazy", decoding: "async", onerror: none }));
    return button;
  }

  /** Marks one result, in the list and on the map. */
  choose(passage, { focus = false } = {}) {
    const row = this.#rows.get(passage);
    if (!row || row.hidden) return; // still to come
    this.list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    this.#chosen = passage;
    row.ariaCurrent = "true";
    row.scrollIntoView({ block: "nearest" });
    if (focus) row.querySelector(".acts button").focus({ preventScroll: true });
    this.map.highlight(this.sightings[this.#shown.indexOf(passage)], { pan: true });
  }

  /** The next one, or the one before. */
  step(by) { this.#chooseAt(this.#shown.indexOf(this.#chosen) + by); }
  #chooseAt(at) { this.choose(this.#shown[Math.max(0, Math.min(this.#shown.length - 1, at))], { focus: true }); }

  /** "Not this one": its plate is out, until it is brought back. */
  leaveOut(passage) {
    const at = this.#shown.indexOf(passage);
    this.#without.set(passage.plate, passage);
    this.#narrow();
    this.#chooseAt(at);
    this.on.refined();
  }

  bringBack(passage) {
    this.#without.delete(passage.plate);
    this.#narrow();
    this.on.refined();
  }
}
