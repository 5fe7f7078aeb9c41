// The live map: cameras, patrols, and what has to be dealt with, the most urgent first.

import { flash, onSound, ring, soundIsHeard } from "./alarm.js";
import { get, post, t } from "./api.js";
import { CaseRow } from "./case_row.js";
import {
  byUrgency, isOf, isOpen, kindsOf, merged, mustCompare, noteSeen, readCase, refused, seenAt, term,
} from "./case_parts.js";
import { compare } from "./compare.js";
import { byId, el, written } from "./dom.js";
import { makeMap } from "./map.js";
import { followPatrols, lastPosition, loadCameras, placeName } from "./places.js";
import { key, soundOn, toast } from "./shell.js";
import { openStream } from "./stream.js";
import { seconds } from "./time.js";

const MOST = 1000;
const me = byId("live").dataset.me;
const cases = new Map(), rows = new Map();
const filters = { kind: byId("filter-kind"), zone: byId("filter-zone"), mine: byId("filter-mine") };
let cameras = new Map();
let map = null;
let drawing = 0;
let marked = "";

// What is known of the cases

async function reload(again) {
  const { cases: found } = await get(`/cases?limit=${MOST}`);
  const before = new Map(cases);
  cases.clear();
  for (const one of found.map(readCase)) cases.set(one.case_id, merged(before.get(one.case_id), one));
  if (again) for (const one of cases.values()) if (!before.has(one.case_id)) call(one);
  draw();
}

function heard(type, told) {
  if (type !== "case") return;
  const before = cases.get(told.case_id), one = merged(before, readCase(told));
  if (one === before) return;
  if (isOpen(one)) cases.set(one.case_id, one);
  else cases.delete(one.case_id);
  draw();
  if (isOpen(one)) tell(before, one);
  else if (before && isOf(before, me)) toast(t("ended", { plate: written(one), state: term(`state_${one.state}`) }));
}

// Calling somebody: once for a case, softly when it is seen again, again when nobody answered

function tell(before, one) {
  if (!fits(one) || one.old_only) return;
  if (!before || before.old_only) call(one);
  else if (one.escalation > before.escalation) escalated(one);
  else if (one.hit_count > before.hit_count) seenAgain(one);
}

function call(one) {
  if (!fits(one) || one.old_only) return;
  ring(one.dangerous ? "danger" : "case");
  show(one, "call");
  say(t(one.dangerous ? "new_case_danger" : "new_case", {
    kind: term(`kind_${kindsOf(one)[0]}`), plate: written(one), place: placeOf(one),
  }));
}

function escalated(one) {
  ring(one.dangerous ? "danger" : "case");
  show(one, "call");
  say(t("nobody", { plate: written(one) }));
}

function seenAgain(one) {
  ring("again");
  show(one, "again");
  say(t("seen_again", { plate: written(one), place: placeOf(one) }));
}

/** Said by a screen reader; everybody else sees it in the list. */
const say = (sentence) => { byId("said").textContent = sentence; };

function show(one, how) {
  drawNow(); // its row may be about to be made
  const row = rows.get(one.case_id);
  if (row) flash(row.element, how);
}

// Drawing, at most once for each picture on the screen

function draw() { drawing ||= requestAnimationFrame(drawNow); }

function drawNow() {
  cancelAnimationFrame(drawing);
  drawing = 0;
  const shown = [...cases.values()].filter(fits).sort(byUrgency);
  const present = shown.filter((one) => !one.old_only), old = shown.filter((one) => one.old_only);
  for (const [id, row] of rows) if (!cases.has(id) || !fits(cases.get(id))) forget(id, row);
  fill(byId("present"), present);
  fill(byId("old"), old);
  byId("old-cases").hidden = !old.length;
  byId("none").hidden = present.length > 0;
  byId("none").textContent = t(cases.size ? "none_fit" : "none");
  count(shown);
  mark(present);
}

function forget(id, row) {
  row.element.remove();
  rows.delete(id);
}

/** Puts the rows into this order and moves only those that are elsewhere, so that none loses the focus. */
function fill(list, ordered) {
  let at = list.firstElementChild;
  ordered.forEach((one, n) => {
    const row = rowOf(one);
    row.show(one, cameras);
    row.setNumber(one.old_only ? "" : n + 1);
    if (row.element === at) at = at.nextElementSibling;
    else keepingFocus(() => list.insertBefore(row.element, at));
  });
}

function keepingFocus(act) {
  const focused = document.activeElement;
  act();
  if (focused !== document.activeElement) focused.focus({ preventScroll: true });
}

function rowOf(one) {
  if (!rows.has(one.case_id)) rows.set(one.case_id, new CaseRow(one, { take, compare: look, open }));
  return rows.get(one.case_id);
}

function count(shown) {
  byId("count").textContent = t("count", { n: cases.size });
  const hidden = cases.size - shown.length;
  byId("hidden").textContent = hidden ? t("count_hidden", { n: hidden }) : "";
}

/** Marks with the numbers of the list; drawn anew only where they have changed. */
function mark(present) {
  const marks = present.map((one, n) => ({
    number: n + 1, position: lastPosition(one, cameras), captured_at: one.last_seen_at, label: `${n + 1}: ${written(one)}`,
    case_id: one.case_id,
  }));
  const now = JSON.stringify(marks);
  if (!map || now === marked) return;
  marked = now;
  map.sightings(marks);
}

// Filters

const zonesOf = (one) => [cameras.get(one.last_camera_id)?.police_zone, ...one.owners];

function fits(one) {
  return (!filters.kind.value || kindsOf(one).includes(filters.kind.value)) &&
    (!filters.zone.value || zonesOf(one).includes(filters.zone.value)) &&
    (!filters.mine.checked || isOf(one, me));
}

function offerZones() {
  const zones = new Set([...cameras.values()].map((one) => one.police_zone).filter(Boolean));
  for (const zone of [...zones].sort()) filters.zone.append(el("option", { value: zone }, zone));
}

function restoreFilters() {
  const kept = JSON.parse(sessionStorage.getItem("live-filters") ?? "{}");
  filters.kind.value = kept.kind ?? "";
  filters.zone.value = kept.zone ?? "";
  filters.mine.checked = kept.mine ?? false;
  for (const one of Object.values(filters)) one.addEventListener("change", () => { keepFilters(); draw(); });
}

function keepFilters() {
  const { kind, zone, mine } = filters;
  sessionStorage.setItem("live-filters", JSON.stringify({ kind: kind.value, zone: zone.value, mine: mine.checked }));
}

// What somebody does

async function take(one) {
  const row = rows.get(one.case_id);
  row.act.disabled = true;
  row.element.classList.add("busy");
  try {
    heard("case", (await post(`/cases/${one.case_id}/actions`, { what: "acknowledge" })).case);
  } catch (problem) {
    toast(refused(problem), "error");
    await tried(() => reload(false));
  } finally {
    row.act.disabled = false;
    row.element.classList.remove("busy");
  }
}

async function look(one) {
  const after = await compare(one, placeOf(one));
  if (after) heard("case", after);
  rows.get(one.case_id)?.link.focus();
  return after;
}

/** A new case that wants a look at the picture shows that first; any other opens as links do. */
function open(one) {
  noteSeen(one);
  if (one.state !== "new" || !mustCompare(one)) return false; // the page of one that somebody took asks for it too
  look(one).then((after) => { if (after && isOpen(after)) location.assign(`/cases/${one.case_id}`); });
  return true;
}

const placeOf = (one) => placeName(cameras, one.last_camera_id);

function step(by) {
  const links = [...document.querySelectorAll(".case-row .case-link")];
  const at = links.indexOf(document.activeElement.closest(".case-row")?.querySelector(".case-link"));
  links[at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
}

function press(which) {
  const row = document.activeElement.closest(".case-row");
  const one = row && [...rows.values()].find((known) => known.element === row).one;
  if (one && mustCompare(one) === (which === "compare")) (which === "compare" ? look : take)(one);
}

// The line to the platform

async function tried(act) {
  try { await act(); } catch (problem) { toast(problem.message, "error"); }
}

function flowing({ live, since, again, detail }) {
  const cut = byId("cut");
  cut.hidden = live;
  cut.textContent = live ? "" : [term("cut", { time: seconds(since) }), detail].filter(Boolean).join(" ");
  if (live) tried(() => reload(again)).then(() => { if (again) toast(term("back"), "ok"); });
}

function soundSays() { byId("silent").hidden = soundOn() && soundIsHeard(); }

async function start() {
  soundSays();
  onSound(soundSays);
  for (const name of ["j", "ArrowDown"]) key(name, t("key_next"), () => step(1));
  for (const name of ["k", "ArrowUp"]) key(name, t("key_previous"), () => step(-1));
  key("a", t("key_take"), () => press("take"));
  key("v", t("key_compare"), () => press("compare"));
  const drawn = makeMap(byId("map"), { interactive: true });
  await tried(async () => { cameras = await loadCameras(); });
  offerZones();
  restoreFilters();
  openStream("/cases/stream", { onEvent: heard, onState: flowing });
  map = await drawn;
  map.cameras([...cameras.values()]);
  map.onSighting(({ case_id: id }) => rows.get(id)?.link.focus());
  followPatrols((patrols, problem) => {
    if (patrols) map.patrols(patrols);
    byId("patrols-unknown").hidden = Boolean(patrols);
    byId("patrols-unknown").textContent = problem?.message ?? "";
  });
  map.fit();
  draw();
}

start();
