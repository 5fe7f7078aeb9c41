// The legend of a map: it names what the map shows just now.

import { t } from "./api.js";
import { el, svg } from "./dom.js";

const MARKS = {
  cameras: ["map_camera", () => svg("circle", { cx: 12, cy: 9, r: 5, class: "map-camera ok" })],
  trouble: ["map_camera_trouble", () => svg("circle", { cx: 12, cy: 9, r: 5, class: "map-camera trouble" })],
  silent: ["map_camera_silent", () => svg("circle", { cx: 12, cy: 9, r: 5, class: "map-camera silent" })],
  patrols: ["map_patrol", () => svg("path", { d: "M12 1 L18 17 L12 13 L6 17 Z", class: "map-patrol-mark" })],
  sightings: ["map_sighting", () => svg("circle", { cx: 12, cy: 9, r: 7, class: "map-sighting-mark" })],
  route: ["map_route", () => svg("path", { d: "M1 9 H23", class: "map-route" })],
  gap: ["map_gap", () => svg("path", { d: "M2 9 H23", class: "map-route gap" })],
  odd: ["map_odd", () => svg("path", { d: "M2 9 H23", class: "map-route odd" })],
  next: ["map_next", () => svg("circle", { cx: 12, cy: 9, r: 7, class: "map-next" })],
  areas: ["map_area", () => svg("rect", { x: 3, y: 3, width: 18, height: 12, class: "map-area" })],
};

/** Adds the legend; `has(layer, shown)` says what it is to name. */
export function legend(L, map) {
  const list = el("ul");
  const box = el("details", { className: "map-legend" }, el("summary", {}, t("map_legend")), list);
  const items = Object.fromEntries(Object.entries(MARKS).map(([layer, [word, mark]]) => {
    const item = el("li", { hidden: true }, svg("svg", { viewBox: "0 0 24 18", width: 24, height: 18, "aria-hidden": "true" }, mark()), t(word));
    list.append(item);
    return [layer, item];
  }));
  const control = L.control({ position: "bottomleft" });
  control.onAdd = () => {
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    return box;
  };
  control.addTo(map);
  const show = (layer, shown) => { items[layer].hidden = !shown; };
  return {
    has(layer, shown) {
      show(layer, shown);
      if (layer === "trouble") show("silent", shown);
      box.hidden = Object.values(items).every((item) => item.hidden);
    },
  };
}
