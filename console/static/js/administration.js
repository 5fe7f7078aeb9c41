// Officers and their roles, decisions, subscribers, what is kept, settings that hold.

import { get, post, t } from "./api.js";
import { byId, el } from "./dom.js";
import { answers, busily } from "./forms.js";
import { inWords } from "./sentences.js";
import { confirmed, toast } from "./shell.js";
import { sortable } from "./table.js";
import { tabs } from "./tabs.js";
import { clock, exact, locale, now } from "./time.js";

const dated = (moment) => el("time", { dateTime: moment, title: exact(moment) }, clock(moment));
/** The last day of what holds until before a moment at midnight, UTC. */
const lastDay = (moment) => new Date(Date.parse(moment) - 1).toISOString().slice(0, 10);
const roleOf = (one) => t(`role_${one.role}`);
const hasEnded = (one) => one.valid_until !== null && Date.parse(one.valid_until) <= now();

// ---- officers

let officers = [], factors = new Map();
const registered = sortable(byId("all-officers"), [
  { title: t("column_officer"), by: (one) => one.officer, cell: (one) => one.officer },
  { title: t("column_role"), by: roleOf, cell: roleOf },
  { title: t("column_zone"), by: (one) => one.police_zone, cell: (one) => one.police_zone || t("federal") },
  { title: t("column_from"), by: (one) => one.valid_from, cell: (one) => dated(one.valid_from) },
  { title: t("column_until"), by: (one) => one.valid_until ?? "9", cell: untilCell },
  { title: t("column_by"), by: (one) => one.registered_by, cell: (one) => one.registered_by },
  { title: t("second_factor"), by: (one) => String(factors.get(one.officer)), cell: factorCell },
  { title: el("span", { className: "visually-hidden" }, t("column_actions")), cell: (one) => (hasEnded(one) ? "" : el("button", { type: "button", className: "btn", onclick: () => end(one) }, t("end"))) },
], { empty: t("officers_none"), row: (tr, one) => tr.classList.toggle("muted", hasEnded(one)) });

function untilCell(one) {
  if (one.valid_until === null) return t("no_end");
  return hasEnded(one) ? t("ended", { time: clock(one.valid_until) }) : lastDay(one.valid_until);
}

function factorCell(one) {
  if (!factors.has(one.officer)) return "";
  if (!factors.get(one.officer)) return el("span", { className: "muted" }, t("second_factor_off"));
  return el("span", { className: "row" }, t("second_factor_on"), el("button", { type: "button", className: "btn", onclick: () => resetFactor(one.officer) }, t("second_factor_reset")));
}

function showOfficers(found) {
  officers = found;
  registered.show(byId("ended-too").checked ? officers : officers.filter((one) => !hasEnded(one)));
}

async function loadOfficers() {
  await busily(byId("officers"), null, async () => {
    const [told, { users }] = await Promise.all([get("/officers"), get("/second-factors")]);
    factors = new Map(users.map((one) => [one.officer, one.second_factor]));
    showOfficers(told.officers);
  });
}
byId("ended-too").addEventListener("change", () => showOfficers(officers));

async function end(one) {
  const values = { officer: one.officer, role: roleOf(one) };
  if (!(await confirmed(`${t("end_title", values)} ${t("end_text")}`, { yes: t("end"), danger: true }))) return;
  await busily(byId("officers"), null, async () => {
    showOfficers((await post("/officers/ended", { officer: one.officer, role: one.role })).officers);
    toast(t("end_done", values), "ok");
  });
}

async function resetFactor(officer) {
  const asked = `${t("second_factor_reset_title", { officer })} ${t("second_factor_reset_text")}`;
  if (!(await confirmed(asked, { yes: t("second_factor_reset"), danger: true }))) return;
  await busily(byId("officers"), null, async () => {
    await post("/second-factors/ended", { officer });
    toast(t("second_factor_reset_done", { officer }), "ok");
    await loadOfficers();
  });
}

answers(byId("add-officer"), async (said) => {
  showOfficers((await post("/officers", said)).officers);
  toast(t("added", { officer: said.officer, role: roleOf(said) }), "ok");
  byId("add-officer").reset();
});

// ---- decisions

const decisions = sortable(byId("all-decisions"), [
  { title: t("decision_id"), by: (one) => one.decision_id, cell: (one) => one.decision_id },
  { title: t("magistrate"), by: (one) => one.magistrate, cell: (one) => one.magistrate },
  { title: t("case_number"), by: (one) => one.case_number, cell: (one) => one.case_number },
  { title: t("covers"), by: (one) => one.covers_from, cell: (one) => `${one.covers_from.slice(0, 10)} – ${lastDay(one.covers_until)}` },
  { title: t("search_until"), by: (one) => one.valid_until, cell: (one) => lastDay(one.valid_until) },
  { title: t("column_by"), by: (one) => one.recorded_by, cell: (one) => one.recorded_by ?? "" },
], { empty: t("decisions_none") });

answers(byId("decide"), async (said) => {
  decisions.show((await post("/decisions", said)).decisions);
  toast(t("decided", { id: said.decision_id }), "ok");
  byId("decide").reset();
});

// ---- subscribers

const orAll = (list) => (list.length ? list.join(", ") : t("all"));
const subscribers = sortable(byId("all-subscribers"), [
  { title: t("name"), by: (one) => one.name, cell: (one) => one.name },
  { title: t("column_kinds"), cell: (one) => orAll(one.kinds) },
  { title: t("column_zones"), cell: (one) => orAll(one.zones) },
  { title: t("column_classes"), cell: (one) => orAll(one.classes) },
  { title: t("column_webhook"), by: (one) => one.webhook_url, cell: (one) => one.webhook_url ?? t("comes_itself") },
  { title: t("column_generation"), by: (one) => one.generation, cell: (one) => t("generation", { number: one.generation }) },
  { title: t("column_until"), by: (one) => one.valid_until ?? "9", cell: untilCell },
  { title: t("column_by"), by: (one) => one.registered_by, cell: (one) => one.registered_by },
], { empty: t("subscribers_none") });

// ---- what is kept

const rowsOf = (one) => one.rows ?? one.stored_rows;
const kept = sortable(byId("all-tables"), [
  { title: t("column_data"), by: (one) => one.table, cell: (one) => el("span", { title: one.about ?? "", lang: "en" }, one.table) },
  { title: t("column_rows"), by: rowsOf, className: "number", cell: (one) => rowsOf(one).toLocaleString(locale) },
  { title: t("column_oldest"), by: (one) => one.oldest, cell: (one) => (one.oldest ? one.oldest.slice(0, 10) : "") },
  { title: t("column_term"), by: (one) => one.term, cell: (one) => inWords(one.term ?? "") },
  { title: t("column_past"), by: (one) => one.rows_past_due, className: "number", cell: (one) => (one.rows_past_due ? one.rows_past_due.toLocaleString(locale) : "") },
  { title: t("column_state"), by: (one) => one.state, cell: (one) => stateChip(one.state) },
]);

function stateChip(state) {
  if (!state) return "";
  const kind = { ok: "ok", due: "warn" }[state] ?? "danger";
  return el("span", { className: `chip ${kind}` }, t(`state_${state.replaceAll(" ", "_")}`));
}

function showRetention({ tables, report }) {
  const place = byId("retention-state");
  kept.show(report?.tables ?? tables);
  if (!report) { place.replaceChildren(el("p", { className: "notice" }, t("retention_not_asked"))); return; }
  const { holds } = report;
  place.replaceChildren(
    el("p", { className: report.in_order ? "notice" : "notice danger" }, t(report.in_order ? "retention_in_order" : "retention_not_in_order")),
    holds?.active ? el("p", {}, t("retention_holds", { rows: holds.rows.toLocaleString(locale), active: holds.active })) : "");
}

// ---- settings

const settings = sortable(byId("all-settings"), [
  { title: t("column_setting"), by: ([name]) => name, cell: ([name]) => el("code", {}, name) },
  { title: t("column_value"), by: ([, value]) => value, cell: ([, value]) => value },
], { empty: t("settings_none"), sorted: { index: 0, descending: false } });

// ---- begin

const into = (id, path, use) => () => busily(byId(id), null, async () => use(await get(path)));
const loads = {
  officers: loadOfficers,
  decisions: into("decisions", "/decisions", (told) => decisions.show(told.decisions)),
  subscribers: into("subscribers", "/subscribers", (told) => subscribers.show(told.subscribers)),
  retention: into("retention", "/retention", showRetention),
  settings: into("settings", "/settings", (told) => settings.show(Object.entries(told))),
};
tabs(byId("views"), (id) => loads[id]());
