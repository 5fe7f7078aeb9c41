// Drawing an area on the map: by mouse, by touch, by keyboard, or typed as corners.

import { t } from "./api.js";
import { el } from "./dom.js";

const FEW = 3; // corners that an area needs
const corner = ({ lat, lng }) => ({ latitude: Number(lat.toFixed(6)), longitude: Number(lng.toFixed(6)) });

/** Starts drawing; `fn` gets the corners, in order. Returns a function that gives up. */
export function draw(L, map, element, fn) {
  const corners = [];
  const shape = L.polygon([], { className: "map-area", interactive: false }).addTo(map);
  const cross = el("div", { className: "map-cross", "aria-hidden": "true" });
  const told = el("p", { role: "alert" });
  const typed = el("textarea", { rows: 3, id: "corners" });
  const panel = el("div", { className: "map-drawing panel stack" },
    el("p", { className: "small" }, t("map_draw_how")), told,
    el("details", {}, el("summary", {}, t("map_draw_typed")), el("div", { className: "field" }, el("label", { htmlFor: "corners", className: "visually-hidden" }, t("map_draw_typed")), typed)),
    el("div", { className: "row" },
      el("button", { type: "button", className: "btn btn-primary", onclick: () => finish() }, t("map_draw_done")),
      el("button", { type: "button", className: "btn", onclick: () => end() }, t("cancel"))));
  L.DomEvent.disableClickPropagation(panel);
  element.append(cross, panel);
  element.classList.add("drawing");
  map.doubleClickZoom.disable();

  const add = (at) => { corners.push(at); shape.setLatLngs(corners); };
  const onClick = (event) => { if (!corners.at(-1)?.equals(event.latlng)) add(event.latlng); };
  const onKey = (event) => {
    if (event.target.closest(".map-drawing")) { if (event.key === "Escape") end(); return; }
    const act = { " ": () => add(map.getCenter()), Enter: finish, Escape: end }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };

  function finish() {
    const found = typed.value.trim() ? readCorners(typed.value) : corners.map(corner);
    if (!found || found.length < FEW) { told.textContent = t("map_draw_few"); return; }
    end();
    fn(found);
  }
  function end() {
    map.off("click", onClick).off("dblclick", finish);
    element.removeEventListener("keydown", onKey, true);
    element.classList.remove("drawing");
    for (const one of [shape, panel, cross]) one.remove();
    map.doubleClickZoom.enable();
    map.getContainer().focus();
  }
  map.on("click", onClick).on("dblclick", finish);
  element.addEventListener("keydown", onKey, true);
  map.getContainer().focus();
  return end;
}

/** Corners as typed, one a line; null: a line is none. */
function readCorners(text) {
  const found = text.trim().split("\n").map((line) => line.split(/[,;\s]+/).filter(Boolean).map(Number));
  const right = found.every(([lat, lon, ...more]) => !more.length && Math.abs(lat) <= 90 && Math.abs(lon) <= 180);
  return right ? found.map(([latitude, longitude]) => ({ latitude, longitude })) : null;
}
