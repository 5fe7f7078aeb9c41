// What does not fit: plates on two vehicles, cameras that cannot be right. All of them in a list; the chosen one on the
// map and side by side, with what comes next. Each look is a search of its own, recorded with its reason.

import { get, post, t } from "./api.js";
import { showCamera, showClone } from "./anomaly.js";
import { byId, el, plate, written } from "./dom.js";
import { answers, busily, tellFault } from "./forms.js";
import { foot, head } from "./found.js";
import { makeMap } from "./map.js";
import { percent } from "./search_words.js";
import { sortable } from "./table.js";
import { clock, exact, fromField, locale, now, toField } from "./time.js";

const CLONES = "impossible_travel";
const CAMERAS = [
  "camera_clock", "camera_silent", "camera_rate_low", "camera_rate_high", "camera_unreadable", "camera_clock_ahead",
  "camera_clock_behind", "camera_line_slow", "camera_turned",
];
const KINDS = { all: [CLONES, ...CAMERAS], plates: [CLONES], cameras: CAMERAS };
const MOST = 200;
const BACK_MS = 7 * 86_400_000;
const NAMED = /^#([0-9a-f-]{36})$/;
let names = new Map(), map = null, chosen = null;

const nameOf = (id) => names.get(id)?.name || id;
const dated = (moment) => el("time", { dateTime: moment, title: exact(moment) }, clock(moment));
const speed = (one) => (one.needed_kmh === null ? "" : t("kmh", { n: Math.round(one.needed_kmh).toLocaleString(locale) }));
/** Never 100 %: nothing that is reckoned is certain. */
const sureness = (one) => (one.score > 0.99 ? "> 99 %" : percent(one.score));

// ---- the list

function nameCell(one) {
  const given = { type: "button", className: "link", onclick: () => choose(one) };
  if (one.kind === CLONES) return el("button", { ...given, "aria-label": t("look_at", { what: written(one) }) }, plate(written(one)));
  return el("button", given, nameOf(one.camera_id));
}

function placesCell(one) {
  if (one.kind !== CLONES) return el("span", { className: "chip warn" }, t(`cameras.${one.kind}`));
  return one.sightings.map((seen) => nameOf(seen.camera_id)).join(" → ");
}

function whenCell(one) {
  if (one.kind === CLONES) return dated(one.observed_at);
  return el("span", {}, dated(one.observed_at), one.ended_at ? " – " : "", one.ended_at ? dated(one.ended_at) : "");
}

const COLUMNS = [
  { title: t("column_whose"), by: (one) => one.plate || nameOf(one.camera_id), cell: nameCell },
  { title: t("column_where"), by: (one) => (one.kind === CLONES ? nameOf(one.camera_id) : t(`cameras.${one.kind}`)), cell: placesCell },
  { title: t("column_when"), by: (one) => one.observed_at, cell: whenCell },
  { title: t("column_sure"), by: (one) => one.score, className: "number", cell: sureness },
  { title: t("column_speed"), by: (one) => one.needed_kmh, className: "number", cell: speed },
];

function show(found) {
  const { anomalies: told } = found.answer;
  const list = el("table", { className: "table" });
  const row = (tr, one) => {
    tr.dataset.anomaly = one.anomaly_id;
    if (one === chosen) tr.ariaSelected = "true";
  };
  sortable(list, COLUMNS, { empty: t("none"), row, sorted: { index: 2, descending: true } }).show(told);
  byId("found").replaceChildren(
    head(t("found", { count: told.length }), found),
    told.length >= MOST ? el("p", { className: "notice warn" }, t("investigation.result_cut", { count: MOST })) : "",
    el("div", { className: "scroll" }, list), foot(found));
  chosen = null;
  const first = told.find((one) => one.kind === CLONES) ?? told[0];
  if (first) choose(first);
  else byId("chosen").replaceChildren(el("p", { className: "muted" }, t("choose")));
}

// ---- one of them

function choose(one) {
  chosen = one;
  for (const tr of byId("found").querySelectorAll("tbody tr")) tr.ariaSelected = tr.dataset.anomaly === one.anomaly_id ? "true" : null;
  toMap();
  const place = byId("chosen");
  if (one.kind === CLONES) showClone(place, one, { nameOf, sure: sureness(one) });
  else showCamera(place, one, { nameOf, sure: sureness(one) });
}

/** Both places with their times, and between them how fast one car would have been. */
function toMap() {
  if (!map) return;
  const seen = (chosen?.sightings ?? []).map((one, at) => ({ ...one, number: at + 1, position: placeOf(one), told: true }));
  map.sightings(seen);
  map.route(seen.map((one, at) => ({ ...one, odd: at > 0, words: at > 0 ? speed(chosen) : "" })));
  map.choose(chosen?.camera_id ? [chosen.camera_id] : []);
  map.fit();
}

/** Where it was: a patrol car is elsewhere by now. */
function placeOf({ lat, lon, camera_id: camera }) {
  return lat || lon ? { latitude: lat, longitude: lon } : (names.get(camera)?.position ?? null);
}

// ---- asking

async function answer(ask) {
  byId("found").replaceChildren(el("p", { className: "muted" }, t("investigation.looking")));
  try {
    const found = await ask();
    history.replaceState(null, "", `#${found.search_id}`); // a reload shows it again while its search is open
    show(found);
  } catch (problem) {
    byId("found").replaceChildren(el("p", { className: "muted" }, t("nothing_yet")));
    throw problem;
  }
}

const begin = () => answers(byId("ask"), ({ what, from, until, zone = "", plate: like = "*", ...why }) => answer(() => post("/investigations/anomalies", {
  ...why, kinds: KINDS[what], from: fromField(from), to: fromField(until), area: { police_zone: zone }, plate: like, limit: MOST,
})));

// ---- begin

try {
  names = new Map((await get("/cameras")).cameras.map((one) => [one.camera_id, one]));
} catch (problem) { tellFault(byId("result"), problem.message); }
const zones = [...new Set([...names.values()].map((one) => one.police_zone).filter(Boolean))].sort();
byId("zone").append(...zones.map((one) => el("option", { value: one }, one)));
begin(); // it puts back what was typed, the zone too
byId("from").value ||= toField(now() - BACK_MS);
byId("until").value ||= toField(now() + 3_600_000); // camera clocks that run a little ahead are not hidden
byId("look").disabled = false;
map = await makeMap(byId("map"));
map.cameras([...names.values()]);
toMap();
const [, before] = NAMED.exec(location.hash) ?? [];
if (before) await busily(byId("result"), null, () => answer(() => get(`/investigations/${before}`)));
