// Which cases there are, by state, kind and age; and the one whose number somebody has.

import { get, t } from "./api.js";
import { byUrgency, chips, readCase, seenAt, standing, takerOf, term } from "./case_parts.js";
import { byId, el, plate, written } from "./dom.js";
import { loadCameras, placeName } from "./places.js";
import { inWords } from "./sentences.js";
import { sortable } from "./table.js";
import { agoTime, clock, exact, now } from "./time.js";

const MOST = 500;
const SHORT = 8; // digits of an identifier that are shown
const choose = byId("choose");
let cameras = new Map();

const link = (one, ...inner) => el("a", { href: `/cases/${one.case_id}` }, ...inner);
const place = (one) => placeName(cameras, one.last_camera_id);

function seen(one) {
  if (!one.last_seen_at) return inWords(one.anomalies[0]?.detail) || term("never_seen");
  if (one.old_only) return term("not_now_at", { place: place(one), time: exact(one.last_seen_at) });
  return el("span", {}, place(one), " · ", agoTime(one.last_seen_at));
}

const opened = (one) => el("time", { dateTime: one.opened_at, title: exact(one.opened_at) }, clock(one.opened_at));

const table = sortable(byId("table"), [
  { title: t("col_plate"), cell: (one) => link(one, plate(written(one))), by: (one) => one.plate },
  { title: t("col_kind"), cell: (one) => el("span", { className: "row" }, ...chips(one)), by: (one) => one.priority },
  { title: t("col_state"), cell: standing, by: (one) => one.state },
  { title: t("col_who"), cell: (one) => one.assigned_to ?? takerOf(one), by: (one) => one.assigned_to ?? takerOf(one) },
  { title: t("col_seen"), cell: seen, by: (one) => -seenAt(one) },
  { title: t("col_opened"), cell: opened, by: (one) => -Date.parse(one.opened_at) },
  { title: t("col_case"), cell: (one) => link(one, one.case_id.slice(0, SHORT)), by: (one) => one.case_id },
], { empty: t("none"), row: (tr, one) => tr.classList.toggle("urgent", one.dangerous) });

function asked() {
  const form = new FormData(choose);
  const query = new URLSearchParams({ days: form.get("days"), limit: MOST });
  for (const state of form.getAll("state")) query.append("state", state);
  if (form.get("kind")) query.append("kind", form.get("kind"));
  return query;
}

async function show() {
  const trouble = byId("trouble");
  byId("table").parentElement.classList.add("busy");
  try {
    const { cases } = await get(`/cases?${asked()}`);
    table.show(cases.map(readCase).sort(byUrgency));
    byId("shown").textContent = t(cases.length < MOST ? "shown" : "shown_most", { n: cases.length, time: clock(now()) });
    trouble.hidden = true;
  } catch (problem) {
    [trouble.textContent, trouble.hidden] = [problem.message, false];
  } finally { byId("table").parentElement.classList.remove("busy"); }
}

async function find(number) {
  if (!/^[0-9a-f]{6,8}(-[0-9a-f-]{0,27})?$/i.test(number)) return t("find_bad");
  try {
    location.assign(`/cases/${(await get(`/cases/${number}`)).case.case_id}`);
    return "";
  } catch (problem) { return problem.status === 404 ? t("find_none") : problem.message; }
}

choose.addEventListener("submit", (event) => { event.preventDefault(); show(); });
choose.addEventListener("change", show);
byId("find").addEventListener("submit", async (event) => {
  event.preventDefault();
  const said = byId("find-error"), field = byId("number");
  const why = await find(field.value.trim());
  [said.textContent, said.hidden, field.ariaInvalid] = [why, !why, String(Boolean(why))];
  if (why) field.focus();
});

loadCameras().then((found) => { cameras = found; }, () => {}).then(show); // without names, places go by their identifiers
