// A scene: some cameras for some time. Cameras come from a list, from the map, or from an area drawn on it.

import { t } from "./api.js";
import { byId, el } from "./dom.js";
import { fromField } from "./time.js";

let made = 0;

/** One scene in the page. cameras: all there are, {camera_id, name, position}; onChange(): it is another now;
 *  onDraw(use), onPick(use): the map is asked for an area, or to give each camera clicked to `use` (null: no longer). */
export class Scene {
  #chosen = new Map();
  #given;

  constructor(given) {
    this.#given = given;
    this.element = byId("scene").content.firstElementChild.cloneNode(true);
    this.part = (name) => this.element.querySelector(`[data-${name}]`);
    for (const [name, field] of [["cameras", "camera"], ["from", "from"], ["until", "until"]]) {
      const input = this.part(field);
      input.id = `scene-${field}-${made}`;
      this.element.querySelector(`[data-label="${name}"]`).htmlFor = input.id;
    }
    made += 1;
    this.part("add").addEventListener("click", () => this.#addTyped());
    this.part("camera").addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.#addTyped();
    });
    this.part("draw").addEventListener("click", () => given.onDraw(this));
    this.part("pick").addEventListener("click", () => this.pick(this.part("pick").ariaPressed !== "true"));
    this.part("clear").addEventListener("click", () => { this.#chosen.clear(); this.#show(); });
    this.#show();
  }

  /** Its number among several; 0: it is the only one. */
  number(number, removable) {
    this.part("legend").textContent = number ? t("scene", { number }) : t("cameras");
    const remove = this.part("remove");
    remove.hidden = !removable;
    remove.textContent = t("remove_scene", { number });
  }

  pick(on) {
    this.part("pick").ariaPressed = String(on);
    this.#given.onPick(this, on);
  }

  /** Puts cameras into it, or takes one out that is in it already. */
  toggle(camera) {
    if (!this.#chosen.delete(camera.camera_id)) this.#chosen.set(camera.camera_id, camera);
    this.#show();
  }
  add(cameras) {
    for (const one of cameras) this.#chosen.set(one.camera_id, one);
    this.#show();
  }

  times(from, until) { [this.part("from").value, this.part("until").value] = [from, until]; }

  get ids() { return [...this.#chosen.keys()]; }
  get cameras() { return [...this.#chosen.values()]; }

  /** {cameras, from, to}; null: it is not complete. */
  value() {
    const [from, to] = [fromField(this.part("from").value), fromField(this.part("until").value)];
    return this.#chosen.size && from && to && from < to ? { cameras: this.ids, from, to } : null;
  }

  /** As it can be kept, and put back by `restore`. */
  kept() { return { ids: this.ids, from: this.part("from").value, until: this.part("until").value }; }
  restore({ ids, from, until }) {
    this.times(from, until);
    this.add(this.#given.cameras().filter((one) => ids.includes(one.camera_id)));
  }

  #addTyped() {
    const input = this.part("camera"), typed = input.value.trim().toLowerCase();
    const found = this.#given.cameras().find((one) => [one.camera_id, one.name, labelOf(one)].some((name) => name?.toLowerCase() === typed));
    input.setCustomValidity(typed && !found ? t("camera_unknown") : "");
    if (!typed || !input.reportValidity()) return;
    input.value = "";
    this.add([found]);
  }

  #show() {
    const chips = this.cameras.slice(0, 12).map((one) => el("li", { className: "chip" }, one.name || one.camera_id,
      el("button", { type: "button", "aria-label": t("remove", { name: one.name || one.camera_id }), onclick: () => this.toggle(one) }, "×")));
    const rest = this.#chosen.size - chips.length;
    this.part("chosen").replaceChildren(...(chips.length ? chips : [el("li", { className: "muted" }, t("cameras_none_chosen"))]),
      ...(rest > 0 ? [el("li", { className: "muted" }, t("and_more", { count: rest }))] : []));
    this.part("clear").hidden = !this.#chosen.size;
    this.part("camera").setCustomValidity("");
    this.#given.onChange(this);
  }
}

/** A camera in a list of suggestions: its name, and its identifier where that is another. */
export const labelOf = (one) => (one.name && one.name !== one.camera_id ? `${one.name} (${one.camera_id})` : one.camera_id);

/** Cameras inside an area. corners: [{latitude, longitude}, …] in order. */
export function within(cameras, corners) {
  return cameras.filter(({ position }) => {
    if (!position) return false;
    let inside = false;
    for (let at = 0, before = corners.length - 1; at < corners.length; before = at++) {
      const [a, b] = [corners[at], corners[before]];
      const crosses = a.latitude > position.latitude !== b.latitude > position.latitude;
      if (crosses && position.longitude < ((b.longitude - a.longitude) * (position.latitude - a.latitude)) / (b.latitude - a.latitude) + a.longitude) inside = !inside;
    }
    return inside;
  });
}
