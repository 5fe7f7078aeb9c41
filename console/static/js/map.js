// The map: Leaflet on a base drawn from our own data. Everything has {latitude, longitude}, itself or in .position.
// Whoever shows something here also has it in a list beside: the map is never the only place.

import { get, t } from "./api.js";
import { el, svg } from "./dom.js";
import { clock } from "./time.js";
import { draw } from "./map_draw.js";
import { legend } from "./map_legend.js";

const CENTRE = [50.8466, 4.3528]; // Brussels, until something is shown
const ZOOM = 12;
const MOST_NUMBERED = 300; // more marks on a map tell nobody anything; the list has all of them
const MOVE_MS = 1_000;
const RING = { least: 9, most: 34 }; // pixels of radius, by probability
const ROOM = { paddingTopLeft: [70, 30], paddingBottomRight: [80, 45] }; // for the buttons at the left, times at the right

let leaflet = null;
let base = null;

/** Leaflet, loaded once: it is no module. */
function library() {
  leaflet ??= new Promise((resolve, reject) => {
    const script = el("script", { src: "/static/vendor/leaflet/leaflet.js", onload: () => resolve(window.L), onerror: reject });
    document.head.append(script);
  });
  return leaflet;
}

/** [latitude, longitude] of something; null: it has no known place. */
export function placeOf(one) {
  const at = one?.position === undefined ? one : one.position;
  return typeof at?.latitude === "number" && typeof at?.longitude === "number" ? [at.latitude, at.longitude] : null;
}
const idOf = (one) => one.camera_id ?? one.patrol_id ?? one.id;
const placed = (list) => list.filter(placeOf);

/** A map in `element`. interactive: false: a picture that cannot be moved. label: its name for a screen reader. */
export async function makeMap(element, { interactive = true, label = t("map") } = {}) {
  const L = await library();
  element.classList.add("map");
  const holder = el("div", { tabIndex: interactive ? 0 : -1, role: interactive ? "application" : "img", "aria-label": label });
  element.append(holder);
  holder.style.height = "100%";
  const map = L.map(holder, {
    center: CENTRE, zoom: ZOOM, zoomControl: false, attributionControl: false, zoomSnap: 0.5,
    ...(interactive ? {} : { dragging: false, scrollWheelZoom: false, doubleClickZoom: false, keyboard: false, boxZoom: false, touchZoom: false }),
  });
  map.getPane("overlayPane").style.zIndex = 400;
  const drawn = await ground(L, map);
  const shown = new Shown(L, map, element, drawn);
  if (interactive) controls(L, map, shown);
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(element);
  return shown;
}

async function ground(L, map) {
  const tiles = document.querySelector('meta[name="tiles"]')?.content;
  if (tiles) L.tileLayer(tiles, { maxZoom: 19, className: "map-tiles" }).addTo(map);
  base ??= get("/map/base");
  const drawn = L.featureGroup().addTo(map);
  try {
    const found = await base;
    L.geoJSON(found, {
      interactive: false,
      filter: (feature) => !tiles || feature.properties.kind === "region",
      style: (feature) => ({ className: `map-${feature.properties.kind}`, fill: feature.properties.kind === "region" && !tiles }),
      pointToLayer: (feature, at) => name(L, at, feature.properties.name),
    }).addTo(drawn);
  } catch (problem) {
    base = null; // the next map asks again
    document.dispatchEvent(new CustomEvent("map-base", { detail: { problem } }));
  }
  return drawn;
}

function name(L, at, text) {
  return L.marker(at, { interactive: false, keyboard: false, icon: L.divIcon({ className: "map-name", iconSize: null, html: el("span", {}, text ?? "") }) });
}

function controls(L, map, shown) {
  L.control.zoom({ zoomInTitle: t("map_zoom_in"), zoomOutTitle: t("map_zoom_out") }).addTo(map);
  const fit = L.control({ position: "topleft" });
  fit.onAdd = () => {
    const button = el("button", { type: "button", title: t("map_fit"), "aria-label": t("map_fit"), onclick: () => shown.fit() }, "⤢");
    const box = el("div", { className: "leaflet-bar" }, button);
    L.DomEvent.disableClickPropagation(box);
    return box;
  };
  fit.addTo(map);
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
}

/** What a map shows, layer by layer; each call of a layer replaces what it showed. */
class Shown {
  #layers = {};
  #patrols = new Map();
  #legend;
  #chosen = null;
  #cameraFns = [];
  #sightingFns = [];

  constructor(L, map, element, drawn) {
    [this.L, this.leaflet, this.element, this.drawn] = [L, map, element, drawn];
    for (const layer of ["areas", "route", "next", "cameras", "patrols", "sightings"]) this.#layers[layer] = L.featureGroup().addTo(map);
    this.#legend = legend(L, map);
  }

  #fresh(layer, count) {
    this.#legend.has(layer, count > 0);
    return this.#layers[layer].clearLayers();
  }

  /** Cameras: {camera_id or id, name, position, health?}. */
  cameras(list) {
    const layer = this.#fresh("cameras", list.length);
    for (const camera of placed(list)) {
      const mark = this.L.circleMarker(placeOf(camera), { radius: 5, className: `map-camera ${healthOf(camera)}` });
      mark.bindTooltip(el("span", {}, camera.name || idOf(camera)), { direction: "top" });
      mark.on("click", () => this.#cameraFns.forEach((fn) => fn(camera)));
      mark.camera = camera;
      mark.addTo(layer);
    }
    this.#legend.has("trouble", list.some((one) => ["trouble", "silent"].includes(healthOf(one))));
  }

  /** Called with the camera that somebody clicked. */
  onCamera(fn) { this.#cameraFns.push(fn); }

  /** Marks these cameras as chosen, by id. */
  choose(ids) {
    const wanted = new Set(ids);
    this.#layers.cameras.eachLayer((mark) => mark.getElement()?.classList.toggle("chosen", wanted.has(idOf(mark.camera))));
  }

  /** Patrols: {patrol_id or id, position, status, heading_deg?, stale?}; those already shown drive to where they are now. */
  patrols(list) {
    const here = placed(list);
    this.#legend.has("patrols", here.length > 0);
    const gone = new Set(this.#patrols.keys());
    for (const patrol of here) {
      gone.delete(idOf(patrol));
      const mark = this.#patrols.get(idOf(patrol)) ?? this.#newPatrol(patrol);
      drive(mark, placeOf(patrol));
      mark.setIcon(patrolIcon(this.L, patrol));
      mark.setTooltipContent(el("span", {}, patrol.name ?? idOf(patrol)));
    }
    for (const id of gone) { this.#patrols.get(id).remove(); this.#patrols.delete(id); }
  }

  #newPatrol(patrol) {
    const mark = this.L.marker(placeOf(patrol), { icon: patrolIcon(this.L, patrol), keyboard: false, zIndexOffset: 400 });
    mark.bindTooltip(el("span", {}), { direction: "top", offset: [0, -10] });
    this.#patrols.set(idOf(patrol), mark);
    return mark.addTo(this.#layers.patrols);
  }

  /** Sightings in order: {number?, captured_at, position, late?, label?, told?}; those at one place share a mark. The first
   *  is told without asking, and those that say so. */
  sightings(list) {
    const layer = this.#fresh("sightings", list.length);
    for (const group of byPlace(list.slice(0, MOST_NUMBERED))) {
      const mark = this.L.marker(group.at, { icon: numberIcon(this.L, group), zIndexOffset: 1_000 - group.first, alt: group.text });
      const told = group.first === 0 || group.members.some((one) => one.told);
      mark.bindTooltip(el("span", {}, told ? textOf(group, 1) : group.text), { direction: "right", offset: [12, 0], className: "map-time", permanent: told });
      mark.on("click keypress", () => this.#sightingFns.forEach((fn) => fn(group.members[0])));
      mark.members = group.members;
      mark.addTo(layer);
    }
    this.highlight(this.#chosen);
  }

  /** Called with the sighting that somebody clicked. */
  onSighting(fn) { this.#sightingFns.push(fn); }

  /** Marks one sighting, an element of the list shown, and brings it into view. */
  highlight(sighting, { pan = false } = {}) {
    this.#chosen = sighting;
    this.#layers.sightings.eachLayer((mark) => mark.getElement()?.classList.toggle("chosen", mark.members.includes(sighting)));
    const at = sighting && placeOf(sighting);
    if (pan && at && !this.leaflet.getBounds().pad(-0.1).contains(at)) this.leaflet.panTo(at);
  }

  /** A way: points in order {position, captured_at, gap?, odd?, words?}; gap: not seen on the way there; odd: it cannot be;
   *  words: what stands at the line that leads there. */
  route(points) {
    const layer = this.#fresh("route", points.length);
    const way = placed(points);
    for (let at = 1; at < way.length; at++) {
      const kind = way[at].odd ? "odd" : way[at].gap ? "gap" : "";
      const line = this.L.polyline([placeOf(way[at - 1]), placeOf(way[at])], { className: `map-route ${kind}`, interactive: false }).addTo(layer);
      if (way[at].words) line.bindTooltip(el("strong", {}, way[at].words), { permanent: true, direction: "center", className: "map-time" });
    }
    this.#legend.has("gap", way.some((one) => one.gap));
    this.#legend.has("odd", way.some((one) => one.odd));
  }

  /** Where a vehicle shows next: {position, probability, name, when?}. */
  next(list) {
    const layer = this.#fresh("next", list.length);
    for (const one of placed(list)) {
      const radius = RING.least + (RING.most - RING.least) * Math.sqrt(one.probability);
      const text = [one.name, `${Math.round(one.probability * 100)} %`, one.when].filter(Boolean).join(" · ");
      this.L.circleMarker(placeOf(one), { radius, className: "map-next" }).bindTooltip(el("span", {}, text)).addTo(layer);
    }
  }

  /** Areas: {name, points}. */
  areas(list) {
    const layer = this.#fresh("areas", list.length);
    for (const area of list) {
      const shape = this.L.polygon(placed(area.points).map(placeOf), { className: "map-area" }).addTo(layer);
      if (area.name) shape.bindTooltip(el("span", {}, area.name), { permanent: true, direction: "center" });
    }
  }

  /** Lets somebody draw an area; `fn` gets its corners. Returns a function that gives up. */
  area(fn) { return draw(this.L, this.leaflet, this.element, fn); }

  /** Shows all that matters: what was seen and comes next, else cameras, else the base. */
  fit() {
    const layers = this.#layers;
    const bounds = this.L.latLngBounds([]);
    for (const layer of [layers.sightings, layers.route, layers.next, layers.areas]) bounds.extend(layer.getBounds());
    if (!bounds.isValid()) bounds.extend(layers.cameras.getBounds());
    if (!bounds.isValid()) bounds.extend(this.drawn.getBounds());
    if (bounds.isValid()) this.leaflet.fitBounds(bounds, { ...ROOM, maxZoom: 15 });
  }
}

const SILENT = new Set(["silent", "down", "dead"]);
const WELL = new Set(["ok", "well", "healthy", "fine"]);

function healthOf(camera) {
  const state = camera.health?.state ?? camera.health ?? camera.state ?? "";
  return SILENT.has(state) ? "silent" : WELL.has(state) ? "ok" : state && state !== "unknown" ? "trouble" : "";
}

function drive(mark, to) {
  const element = mark.getElement();
  if (!element || mark.getLatLng().equals(to)) return;
  element.classList.add("moving");
  mark.setLatLng(to);
  setTimeout(() => element.classList.remove("moving"), MOVE_MS);
}

function patrolIcon(L, patrol) {
  const turned = svg("g", { transform: `rotate(${Number(patrol.heading_deg ?? 0)} 12 12)` },
    patrol.heading_deg == null ? svg("circle", { cx: 12, cy: 12, r: 7 }) : svg("path", { d: "M12 2 L20 21 L12 17 L4 21 Z" }));
  const html = svg("svg", { viewBox: "0 0 24 24", width: 26, height: 26, "aria-hidden": "true" }, turned);
  const free = patrol.status === undefined || patrol.status === "available";
  return L.divIcon({ html, iconSize: [28, 28], className: `map-patrol ${free ? "" : "busy"} ${patrol.stale ? "stale" : ""}` });
}

function byPlace(list) {
  const groups = new Map();
  list.forEach((one, index) => {
    const at = placeOf(one);
    if (!at) return;
    const key = at.join();
    if (!groups.has(key)) groups.set(key, { at, first: index, members: [], numbers: [] });
    const group = groups.get(key);
    group.members.push(one);
    group.numbers.push(one.number ?? index + 1);
  });
  for (const group of groups.values()) group.text = textOf(group);
  return groups.values();
}

function textOf({ members, numbers }, most = 4) {
  const times = members.slice(0, most).map((one, at) => one.label ?? `${numbers[at]}: ${clock(one.captured_at)}`);
  return times.join(", ") + (members.length > most ? ` +${members.length - most}` : "");
}

function numberIcon(L, group) {
  const text = group.numbers.length > 2 ? `${group.numbers[0]}+${group.numbers.length - 1}` : group.numbers.join("·");
  const width = Math.max(26, 12 + 8 * text.length);
  const late = group.members.every((one) => one.late);
  return L.divIcon({ html: el("span", {}, text), iconSize: [width, 26], className: `map-number ${late ? "late" : ""}` });
}
