// What investigations found: tables, charts and the map, with the way to take it along.

import { t } from "./api.js";
import { companyGraph, placesOverTime } from "./charts.js";
import { el, plate, svg, written } from "./dom.js";
import { foot, head } from "./found.js";
import { sortable } from "./table.js";
import { clock, exact, locale, span } from "./time.js";

const SURE = 0.01; // below it a companion is hardly there by chance (docs/decisions/0013-companions.md)
const BY_CHANCE = 1;
const RAREST = 1e-6;
const SHOWN_TIMES = 6;
const TOGETHER_MS = 300_000;

const dated = (moment) => el("time", { dateTime: moment, title: exact(moment) }, clock(moment));
const nameIn = (names, id) => names.get(id)?.name || id;
const plateCell = (one) => el("div", {}, plate(written(one), one.country), others(one));

function others(one) {
  const also = (one.written_display ?? []).filter((each) => each !== written(one));
  return also.length ? el("div", { className: "small muted" }, t("also_read", { others: also.join(", ") })) : "";
}

function tableOf(columns, rows, given = {}) {
  const made = el("table", { className: "table" });
  sortable(made, columns, given).show(rows);
  return el("div", { className: "scroll" }, made);
}

function clear(map) {
  for (const layer of ["sightings", "route", "next", "areas"]) map?.[layer]([]);
}

/** Marks a row as the one on the map. */
function choose(row) {
  for (const other of row.parentElement.rows) other.ariaSelected = other === row ? "true" : null;
}

// ---- several scenes

export function showScenes({ place, map, names }, found, most) {
  clear(map);
  const { vehicles } = found.answer;
  const onMap = (one, row) => {
    if (row) choose(row);
    const seen = one.passages.map((each) => ({ ...each, position: names.get(each.camera_id)?.position ?? null }));
    map?.sightings(seen);
    map?.route(seen);
    map?.fit();
  };
  const columns = [
    { title: t("plate"), by: (one) => one.plate, cell: (one) => el("div", {}, plateCell(one), el("button", { type: "button", className: "link small", onclick: ({ target }) => onMap(one, target.closest("tr")) }, t("show_on_map"))) },
    { title: t("column_scenes"), by: (one) => one.in_scenes.length, cell: (one) => one.in_scenes.join(", ") },
    { title: t("column_passages"), by: (one) => one.sightings, className: "number", cell: (one) => String(one.sightings) },
    { title: t("column_seen"), by: (one) => one.passages[0]?.captured_at, cell: (one) => seenList(one.passages, names) },
  ];
  place.replaceChildren(
    head(t("found_scenes", { count: vehicles.length }), found),
    vehicles.length >= most ? el("p", { className: "notice warn" }, t("result_cut", { count: most })) : "",
    tableOf(columns, vehicles, { empty: t("none_scenes") }), foot(found));
  if (vehicles.length) onMap(vehicles[0], place.querySelector("tbody tr"));
}

function seenList(passages, names) {
  const lines = [...new Map(passages.map((one) => [`${one.captured_at}${one.camera_id}`, one])).values()];
  const rest = lines.length - SHOWN_TIMES;
  return el("ul", { className: "seen" },
    ...lines.slice(0, SHOWN_TIMES).map((one) => el("li", {}, dated(one.captured_at), ` ${nameIn(names, one.camera_id)}`)),
    ...(rest > 0 ? [el("li", { className: "muted" }, t("and_more", { count: rest }))] : []));
}

// ---- travelling together

function chance(expected) {
  if (expected >= BY_CHANCE) return t("likely", { count: Math.round(expected).toLocaleString(locale) });
  const rare = Math.round(1 / Math.max(expected, RAREST)).toLocaleString(locale);
  return t(expected < SURE ? "hardly" : "perhaps", { rare });
}

export function showCompanions({ place, map }, found) {
  clear(map);
  const { companions: told, passages, met } = found.answer, asked = written(found.answer);
  const position = (one) => t(one.after_s >= 0 ? "behind" : "ahead", { seconds: Math.abs(Math.round(one.after_s)) });
  const columns = [
    { title: t("plate"), by: (one) => one.plate, cell: plateCell },
    { title: t("column_together"), by: (one) => one.passages / one.of, cell: (one) => t("of", { part: one.passages, whole: one.of }) },
    { title: t("cameras"), by: (one) => one.cameras, className: "number", cell: (one) => String(one.cameras) },
    { title: t("column_trips"), by: (one) => one.trips, className: "number", cell: (one) => String(one.trips) },
    { title: t("column_days"), by: (one) => one.days, className: "number", cell: (one) => String(one.days) },
    { title: t("column_place"), by: (one) => one.after_s, cell: position },
    { title: t("column_first_last"), by: (one) => one.first_at, cell: (one) => el("span", {}, dated(one.first_at), " – ", dated(one.last_at)) },
    { title: t("column_chance"), by: (one) => one.expected, cell: (one) => (one.expected < SURE ? el("strong", {}, chance(one.expected)) : chance(one.expected)) },
  ];
  if (!told.length) {
    const words = passages ? t("none_companions", { passages }) : t("none_route", { plate: asked });
    place.replaceChildren(head(t("found_companions", { count: 0, passages, plate: asked }), found), el("p", {}, words),
      met && passages ? el("p", {}, t("none_companions_met", { met })) : "", foot(found));
    return;
  }
  const rows = tableOf(columns, told);
  const find = (one) => [...rows.querySelectorAll("tbody tr")].find((row) => row.textContent.includes(one.plate));
  const nodes = told.map((one) => ({ plate: written(one), cameras: one.cameras, sure: one.expected < SURE, told: `${t("shared_cameras", { count: one.cameras })}, ${chance(one.expected)}` }));
  place.replaceChildren(
    head(t("found_companions", { count: told.length, passages, plate: asked }), found),
    companyGraph(asked, nodes, t("graph", { plate: asked }), (one) => {
      const row = find(one);
      if (!row) return;
      choose(row);
      row.scrollIntoView({ block: "nearest" });
    }),
    el("p", { className: "small muted" }, t("graph_legend")), rows, el("p", { className: "small muted" }, t("chance_note")), foot(found));
}

// ---- two ways

export function showCompared({ place, map, names }, found) {
  clear(map);
  const { routes, common } = found.answer;
  const ways = routes.map((way) => way.passages.map((one) => ({ ...one, name: one.camera_name || nameIn(names, one.camera_id), position: spot(one) })));
  const [a, b] = routes.map(written), meetings = meetingsOf(ways);
  const all = ways.flat().sort((one, other) => Date.parse(one.captured_at) - Date.parse(other.captured_at));
  map?.sightings(all.map((one) => ({ ...one, number: numberIn(ways, one), label: `${numberIn(ways, one)} ${clock(one.captured_at)}` })));
  map?.route(ways[0].length ? ways[0] : ways[1]);
  map?.fit();
  place.replaceChildren(
    head(t("found_compare", { a, b, first: ways[0].length, second: ways[1].length, count: meetings.length }), found),
    ...routes.filter((way) => !way.passages.length).map((way) => el("p", { className: "notice" }, t("none_route", { plate: written(way) }))),
    ...(all.length ? [el("h3", {}, t("chart")), el("p", {}, legendOf(0, a), legendOf(1, b)), placesOverTime(ways, meetings, t("chart")), el("p", { className: "small muted" }, t("chart_legend"))] : []),
    el("h3", {}, t("meetings")),
    tableOf([
      { title: t("column_camera"), by: (one) => one.camera_name, cell: (one) => one.camera_name || one.camera_id },
      { title: a, by: (one) => one.times[0], cell: (one) => dated(one.times[0]) },
      { title: b, by: (one) => one.times[1], cell: (one) => dated(one.times[1]) },
      { title: t("column_apart"), by: (one) => one.apart_s, className: "number", cell: (one) => span(one.apart_s) },
      { title: t("column_passages"), by: (one) => Math.min(...one.counts), className: "number", cell: (one) => one.counts.join(" / ") },
    ], common, { empty: t("none_meetings") }),
    ...ways.map((way, at) => el("details", {}, el("summary", {}, t("passages_of", { plate: at ? b : a })), tableOf([
      { title: t("column_time"), by: (one) => one.captured_at, cell: (one) => dated(one.captured_at) },
      { title: t("column_camera"), by: (one) => one.name, cell: (one) => one.name },
    ], way))),
    foot(found));
}

/** A1, A2 … of the first vehicle, B1, B2 … of the second. */
const numberIn = (ways, one) => (ways[0].includes(one) ? `A${ways[0].indexOf(one) + 1}` : `B${ways[1].indexOf(one) + 1}`);
const spot = ({ lat, lon }) => (typeof lat === "number" && typeof lon === "number" ? { latitude: lat, longitude: lon } : null);

function legendOf(at, words) {
  const mark = at ? svg("rect", { class: "spot way-1", x: 4, y: 2, width: 10, height: 10 }) : svg("circle", { class: "spot way-0", cx: 9, cy: 7, r: 5 });
  return el("span", { className: "legend" }, svg("svg", { viewBox: "0 0 18 14", class: "chart", "aria-hidden": "true" }, mark), at ? "B" : "A", plate(words));
}

/** Cameras that both passed within five minutes, the nearest passages of each. */
function meetingsOf([first, second]) {
  return first.flatMap((one) => {
    const near = second.filter((other) => other.camera_id === one.camera_id)
      .map((other) => (Date.parse(other.captured_at) - Date.parse(one.captured_at)) / 1000)
      .filter((apart) => Math.abs(apart) * 1000 <= TOGETHER_MS)
      .sort((a, b) => Math.abs(a) - Math.abs(b))[0];
    return near === undefined ? [] : [{ captured_at: one.captured_at, camera_id: one.camera_id, apart_s: near }];
  });
}

// ---- what passed here

export function showPlace({ place, map }, found, most) {
  clear(map);
  const { passages: passed, cameras } = found.answer;
  map?.choose(cameras);
  place.replaceChildren(
    head(t("found_place", { count: passed.length }), found),
    passed.length >= most ? el("p", { className: "notice warn" }, t("result_cut", { count: most })) : "",
    tableOf([
      { title: t("column_time"), by: (one) => one.captured_at, cell: (one) => el("span", {}, dated(one.captured_at), one.late ? ` ${t("late")}` : "") },
      { title: t("plate"), by: (one) => one.plate, cell: (one) => plate(written(one), one.country) },
      { title: t("column_camera"), by: (one) => one.camera_name || one.camera_id, cell: (one) => one.camera_name || one.camera_id },
      { title: t("column_kind"), by: (one) => one.vehicle_class, cell: (one) => one.vehicle_class ?? "" },
      { title: t("direction"), by: (one) => one.direction, cell: (one) => (one.direction ? t(one.direction) : "") },
      { title: t("column_sure"), by: (one) => one.confidence, cell: (one) => el("span", {}, `${Math.round(one.confidence * 100)} %`, one.certainty === "sure" ? "" : ` – ${t("doubtful")}`) },
    ], passed, { empty: t("none_place") }),
    foot(found));
}
