// How the cameras are: a table and a map; one of them with its hours, its troubles, and what to do.

import { get, t } from "./api.js";
import { hourBars, bullet } from "./charts.js";
import { byId, el } from "./dom.js";
import { busily } from "./forms.js";
import { makeMap } from "./map.js";
import { inWords } from "./sentences.js";
import { sortable } from "./table.js";
import { agoTime, clock, exact, locale, now, span } from "./time.js";

const AGAIN_MS = 60_000;
const TENTHS = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const OF_ALL = new Set(["cameras_silent", "cameras_rate_low", "cameras_rate_high"]);
const ADVICE_OF_ALL = { cameras_silent: "camera_silent", cameras_rate_low: "camera_rate_low", cameras_rate_high: "camera_rate_high" };

let all = [], chosen = null, map = null;
const filters = byId("filters");
const percent = (share) => `${Math.round(share * 100)} %`;
const stateOf = (one) => (!one.told_until ? "unheard" : one.troubles.includes("camera_silent") ? "silent" : one.troubles.length ? "trouble" : "ok");
const rank = { silent: 0, trouble: 1, unheard: 2, ok: 3 };

const table = sortable(byId("cameras"), [
  { title: t("column_camera"), by: (one) => one.name || one.camera_id, cell: nameCell },
  { title: t("column_state"), by: (one) => rank[stateOf(one)], cell: chips },
  { title: t("column_last"), by: (one) => (one.last_read_at ? -Date.parse(one.last_read_at) : null), cell: (one) => (one.last_read_at ? agoTime(one.last_read_at) : t("never")) },
  { title: t("column_rate"), by: (one) => (one.expected ? one.reads / one.expected : null), cell: rateCell },
  { title: t("column_delay"), by: (one) => one.delay_p50_s, className: "number", cell: (one) => (one.delay_p50_s === null ? "" : `${TENTHS.format(one.delay_p50_s)} s`) },
  { title: t("column_unreadable"), by: (one) => one.unreadable, className: "number", cell: (one) => (one.unreadable === null ? "" : percent(one.unreadable)) },
], { empty: t("none_fit"), row: dress, sorted: { index: 1, descending: false } });

function nameCell(one) {
  return el("div", {},
    el("button", { type: "button", onclick: () => choose(one.camera_id) }, one.name || one.camera_id),
    el("span", { className: "small muted" }, [one.camera_id, one.police_zone, t(`kind_${one.kind}`)].filter(Boolean).join(" · ")));
}

function chips(one) {
  if (!one.told_until) return el("span", { className: "chip" }, t("unheard"));
  if (!one.troubles.length) return el("span", { className: "chip ok" }, t("well"));
  return el("span", { className: "chips" }, ...one.troubles.map((kind) => el("span", { className: kind === "camera_silent" ? "chip danger" : "chip warn" }, t(kind))));
}

function rateCell(one) {
  if (!one.told_until) return "";
  if (!one.expected) return el("span", { className: "muted" }, `${one.reads} · ${t("not_learnt")}`);
  const words = t("rate_text", { reads: one.reads, expected: Math.round(one.expected) });
  return el("span", { className: "rate", title: words }, bullet(one.reads, one.expected), ` ${one.reads} / ${Math.round(one.expected)}`);
}

function dress(tr, one) {
  tr.dataset.camera = one.camera_id;
  if (one.camera_id === chosen) tr.ariaSelected = "true";
}

function fitting() {
  const { text, zone, ill } = filters.elements;
  const wanted = text.value.trim().toLowerCase();
  return all.filter((one) =>
    (!wanted || `${one.name} ${one.camera_id}`.toLowerCase().includes(wanted))
    && (!zone.value || one.police_zone === zone.value) && (!ill.checked || stateOf(one) !== "ok"));
}

function show() {
  const found = fitting();
  table.show(found);
  map?.cameras(found.map((one) => ({ ...one, health: { state: { unheard: "unknown" }[stateOf(one)] ?? stateOf(one) } })));
  if (chosen) map?.choose([chosen]);
}

function sum() {
  const count = (state) => all.filter((one) => stateOf(one) === state).length;
  byId("summary").textContent = all.length
    ? t("summary", { count: all.length, ill: count("trouble") + count("silent"), silent: count("silent"), unheard: count("unheard") })
    : t("none");
}

async function load(button) {
  await busily(filters, button, async () => {
    const [health, onMap] = await Promise.all([get("/camera-health"), get("/cameras")]);
    const positions = new Map(onMap.cameras.map((one) => [one.camera_id, one.position]));
    all = health.cameras.map((one) => ({ ...one, position: positions.get(one.camera_id) ?? null }));
    const zones = [...new Set(all.map((one) => one.police_zone).filter(Boolean))].sort();
    const known = new Set([...byId("zone").options].map((one) => one.value));
    byId("zone").append(...zones.filter((one) => !known.has(one)).map((one) => el("option", { value: one }, one)));
    sum();
    show();
  });
}

async function choose(id) {
  chosen = id;
  history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  for (const tr of byId("cameras").tBodies[0].rows) tr.ariaSelected = tr.dataset.camera === id ? "true" : null;
  map?.choose([id]);
  const place = byId("camera");
  await busily(place, null, async () => {
    const { camera, hours, troubles } = await get(`/camera-health/${encodeURIComponent(id)}`);
    if (chosen !== id) return;
    place.setAttribute("aria-labelledby", "camera-name");
    place.replaceChildren(
      el("h2", { id: "camera-name" }, camera.name || camera.camera_id),
      el("p", { className: "muted small" }, [camera.camera_id, camera.police_zone, t(`kind_${camera.kind}`)].filter(Boolean).join(" · ")),
      el("p", { className: "row" }, chips(camera), silence(camera)),
      el("h3", {}, t("to_do")), toDo(camera),
      el("h3", {}, t("hours")), ...hoursOf(hours),
      el("h3", {}, t("troubles")), troublesOf(troubles));
  });
}

function silence(camera) {
  if (!camera.last_read_at || !camera.troubles.includes("camera_silent")) return "";
  return el("span", {}, t("silent_for", { length: span((now() - Date.parse(camera.last_read_at)) / 1000) }));
}

function toDo(camera) {
  const kinds = camera.told_until ? camera.troubles : ["unheard"];
  if (!kinds.length) return el("p", {}, t("do_well"));
  const said = (kind) => { const key = `do_${ADVICE_OF_ALL[kind] ?? kind}`; return t(key) === key ? t("do_other") : t(key); };
  const lines = [...new Set(kinds.map(said)), ...(kinds.some((one) => OF_ALL.has(one)) ? [t("common_trouble")] : [])];
  return el("ul", { className: "todo" }, ...lines.map((one) => el("li", {}, one)));
}

function hoursOf(hours) {
  if (!hours.length) return [el("p", { className: "muted" }, t("hours_none"))];
  const list = el("table", { className: "table" });
  sortable(list, [
    { title: t("hour"), by: (one) => one.hour, cell: (one) => clock(one.hour) },
    { title: t("reads"), by: (one) => one.reads, className: "number", cell: (one) => String(one.reads) },
    { title: t("usual"), by: (one) => one.expected, className: "number", cell: (one) => (one.expected === null ? "" : String(Math.round(one.expected))) },
  ]).show(hours);
  return [hourBars(hours, t("hours")), el("p", { className: "small muted" }, t("hours_legend")), el("details", {}, el("summary", {}, t("hours_table")), list)];
}

function troublesOf(troubles) {
  const list = el("table", { className: "table" });
  sortable(list, [
    { title: t("trouble"), by: (one) => t(one.kind), cell: (one) => t(one.kind) },
    { title: t("since"), by: (one) => one.observed_at, cell: (one) => el("time", { dateTime: one.observed_at, title: exact(one.observed_at) }, clock(one.observed_at)) },
    { title: t("until"), by: (one) => one.ended_at ?? "9", cell: (one) => (one.ended_at ? clock(one.ended_at) : el("span", { className: "chip warn" }, t("still"))) },
    { title: t("detail"), cell: (one) => inWords(one.detail) },
  ], { empty: t("troubles_none") }).show(troubles);
  return list;
}

filters.addEventListener("input", show);
filters.addEventListener("submit", (event) => event.preventDefault());
byId("refresh").addEventListener("click", (event) => load(event.currentTarget));
setInterval(() => { if (!document.hidden) load(null); }, AGAIN_MS);

await load(null);
if (location.hash.length > 1) choose(decodeURIComponent(location.hash.slice(1)));
map = await makeMap(byId("map"), { label: t("camera_map") });
map.onCamera((camera) => choose(camera.camera_id));
show();
map.fit();
