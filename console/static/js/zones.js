// Low-emission zones: notices and what is decided of them, a verdict with its article, judging anew, counts by day.

import { get, post, t } from "./api.js";
import { dayBars } from "./charts.js";
import { byId, el, plate, written } from "./dom.js";
import { answers, askedFor, busily, field, tellFault } from "./forms.js";
import { finished } from "./jobs.js";
import { toast } from "./shell.js";
import { sortable } from "./table.js";
import { tabs } from "./tabs.js";
import { clock, exact, locale, now, toField } from "./time.js";

const LIMIT = 200;
const DAY_MS = 86_400_000;
const language = document.documentElement.lang;
const inLanguage = (one, key) => (language === "en" ? one[key] : one[`${key}_${language}`]) ?? one[key] ?? one[`${key}_en`] ?? "";
const amount = (one) => (one.fine_eur !== null && one.fine_eur !== undefined ? `${one.fine_eur} EUR` : one.fine_gbp !== null && one.fine_gbp !== undefined ? `${one.fine_gbp} GBP` : "");
const what = (one) => (one.kind === "warning" ? t("warning") : t("fine_of", { amount: amount(one) }));
const dated = (moment) => el("time", { dateTime: moment, title: exact(moment) }, clock(moment));
const row = (name, ...value) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, ...value));
const facts = (...rows) => el("table", { className: "table facts" }, el("tbody", {}, ...rows.filter(Boolean)));
const foot = (search) => el("p", { className: "small muted" }, t("foot", { search }));
const unread = (one) => (one.unverified ? el("span", { className: "chip warn" }, t("unverified")) : "");
const tableOf = (caption, columns, rows, given = {}) => {
  const made = el("table", { className: "table" }, el("caption", {}, caption));
  sortable(made, columns, given).show(rows);
  return made;
};

// ---- notices

let reasonNow = "";
const stateOf = (one) => el("span", { className: one.state === "proposed" ? "chip warn" : "chip" }, t(`state_${one.state}`).split(":")[0]);
const notices = sortable(byId("notices-table"), [
  { title: t("column_day"), by: (one) => one.day, cell: (one) => el("button", { type: "button", className: "link", onclick: () => openNotice(one.notice_id) }, one.day) },
  { title: t("zone"), by: (one) => one.zone, cell: (one) => zoneName(one.zone) },
  { title: t("column_plate"), by: (one) => one.plate, cell: (one) => plate(written(one), one.country) },
  { title: t("column_what"), by: what, cell: what },
  { title: t("state"), by: (one) => one.state, cell: stateOf },
  { title: t("column_rests"), by: (one) => one.warned_on, cell: (one) => (one.warned_on ? t("warning_of", { day: one.warned_on }) : "") },
  { title: t("column_why"), cell: (one) => el("span", {}, one[`reason_${language}`] ?? one.reason_en, " ", unread(one)) },
], { empty: t("notices_none") });

answers(byId("notices-form"), async ({ reason, zone = "", state }) => {
  const found = await post("/zones/notices", { reason, zone, states: [state], limit: LIMIT });
  reasonNow = reason;
  byId("notices-idle").hidden = true;
  byId("notices-table").hidden = false;
  byId("notice").hidden = true;
  notices.show(found.notices);
  byId("notices-foot").replaceChildren(...(found.notices.length >= LIMIT ? [el("p", {}, t("notices_cut", { count: LIMIT }))] : []), foot(found.search_id));
});

async function openNotice(id) {
  const place = byId("notice");
  place.hidden = false;
  await busily(place, null, async () => {
    const { states, search_id: search } = await post(`/zones/notices/${id}`, { reason: reasonNow });
    showNotice(place, states, search);
  });
  place.scrollIntoView({ block: "nearest" });
}

function showNotice(place, states, search) {
  const one = states.at(-1);
  const decide = (verb) => el("button", { type: "button", className: verb === "approve" ? "btn btn-primary" : "btn btn-danger", onclick: () => decideNotice(one, verb) }, t(verb));
  place.replaceChildren(
    el("h2", {}, t("notice", { id: one.notice_id.slice(0, 8) })),
    facts(
      row(t("column_what"), what(one), " ", stateOf(one)), row(t("column_plate"), plate(written(one), one.country)),
      row(t("column_day"), one.day), row(t("final_at"), dated(one.final_at)),
      row(t("first_passage"), dated(one.captured_at), ` · ${one.camera_id}`), row(t("passages"), String(one.verdict_ids?.length ?? 0)),
      row(t("column_why"), one[`reason_${language}`] ?? one.reason_en), row(t("rule"), el("code", {}, one.rule), " ", unread(one)),
      one.warned_on ? row(t("column_rests"), t("warning_of", { day: one.warned_on })) : null),
    el("div", { className: "row" }, ...(one.state === "proposed" ? [decide("approve"), decide("reject")] : []),
      one.verdict_ids?.length ? el("button", { type: "button", className: "btn", onclick: () => explainOf(one) }, t("explain_verdict")) : ""),
    tableOf(t("history"), [
      { title: t("column_when"), by: (each) => each.updated_at, cell: (each) => dated(each.updated_at) },
      { title: t("state"), by: (each) => each.state, cell: stateOf },
      { title: t("column_what"), by: what, cell: what },
      { title: t("column_who"), by: (each) => each.decided_by, cell: (each) => each.decided_by },
      { title: t("column_note"), cell: (each) => each.note },
    ], states),
    foot(search));
}

async function decideNotice(one, verb) {
  const note = el("input", { name: "note", required: true, minLength: 8, maxLength: 300, autocomplete: "off" });
  const said = await askedFor(t(verb), t(`${verb}_text`), [field(t("decide_note"), note)], t(verb), { danger: verb === "reject" });
  if (!said) return;
  await busily(byId("notice"), null, async () => {
    const { notice } = await post(`/zones/notices/${one.notice_id}/decision`, { what: verb, note: said.note });
    toast(notice ? t("decided", { state: t(`state_${notice.state}`).split(":")[0] }) : t("not_shown_yet"), notice ? "ok" : "info");
    byId("notices-form").requestSubmit();
  });
}

function explainOf(one) {
  const { elements } = byId("verdict-form");
  elements.verdict_id.value = one.verdict_ids[0];
  elements.plate.value = one.plate;
  elements.purpose.value = "notice_review";
  elements.case_number.value = one.notice_id;
  elements.reason.value = reasonNow;
  show("verdict");
  byId("verdict-form").requestSubmit();
}

// ---- a verdict

answers(byId("verdict-form"), async (said) => {
  byId("explained").replaceChildren();
  const found = await post("/zones/verdict", said);
  const verdictOf = (one) => t(`is_${one.verdict}`) + (one.withdrawn ? ` (${t("withdrawn")})` : "");
  const followsOf = (one) => [t(`follows_${one.action}`), amount(one)].filter(Boolean).join(", ");
  byId("explained").replaceChildren(
    el("h2", {}, `${verdictOf(found)} – ${followsOf(found)}`),
    el("p", { className: "explained" }, inLanguage(found, "reason")),
    el("p", { className: found.agreement === "different" ? "notice danger" : "notice", role: found.agreement === "different" ? "alert" : null }, t(`agreement_${found.agreement}`)),
    facts(
      row(t("source"), found.source, " ", unread(found)), row(t("rule"), el("code", {}, found.rule)),
      row(t("passage"), `${found.valid_at.replace("T", " ").slice(0, 19)} · ${found.camera_id}`),
      found.standard ? row(t("standard"), `Euro ${found.standard}`, found.standard_derived ? ` (${t("derived")})` : "") : null),
    tableOf(t("taken"), [
      { title: t("known_at"), by: (one) => one.known_at, cell: (one) => dated(one.known_at) },
      { title: t("cause"), by: (one) => one.cause, cell: (one) => [one.cause, one.confirmed_by].filter(Boolean).join(" · ") },
      { title: t("verdict"), by: (one) => one.verdict, cell: verdictOf },
      { title: t("action"), by: (one) => one.action, cell: followsOf },
      { title: t("rule"), by: (one) => one.rule, cell: (one) => el("code", {}, one.rule) },
    ], found.taken ?? []),
    tableOf(t("known_history"), [
      { title: t("known_since"), by: (one) => one.known_from, cell: (one) => one.known_from },
      { title: t("verdict"), by: (one) => one.verdict, cell: (one) => t(`is_${one.verdict}`) },
      { title: t("action"), by: (one) => one.action, cell: followsOf },
      { title: t("source"), cell: (one) => el("span", {}, one.source, " ", unread(one)) },
    ], found.history),
    found.search_id ? foot(found.search_id) : "");
});

// ---- judging anew

answers(byId("rejudge-form"), async (said) => {
  const place = byId("surveyed");
  place.replaceChildren(el("p", {}, t("surveying")));
  await post("/zones/rejudgement", said);
  const bar = el("progress", { max: 1, "aria-label": t("surveying") });
  place.append(bar);
  const job = await finished(async () => (await get("/zones/rejudgement")).preview, ({ done, total }) => { if (total) bar.value = done / total; });
  if (job?.fault) { place.replaceChildren(); tellFault(byId("rejudge-form"), job.fault); return; }
  showSurvey(place, job.result);
});

function showSurvey(place, found) {
  const changed = found.changed.toLocaleString(locale), looked = found.looked_at.toLocaleString(locale);
  const follow = (verdict, action) => `${t(`is_${verdict}`)}, ${t(`follows_${action}`)}`;
  const notes = ["nameless", "unverified"].filter((one) => found[one]).map((one) => el("p", { className: "notice warn" }, t(`survey_${one}`, { count: found[one].toLocaleString(locale) })));
  place.replaceChildren(
    el("p", { className: "notice" }, found.changed ? t("survey_counts", { changed, looked }) : t("survey_none", { looked })),
    ...(found.changed ? [tableOf(t("rejudge_title"), [
      { title: t("was"), by: (one) => one.verdict_was, cell: (one) => follow(one.verdict_was, one.action_was) },
      { title: t("becomes"), by: (one) => one.verdict, cell: (one) => follow(one.verdict, one.action) },
      ...["verdicts", "vehicles", "sendable"].map((name) => ({ title: t(name), by: (one) => one[name], className: "number", cell: (one) => one[name].toLocaleString(locale) })),
    ], found.changes)] : []),
    ...(found.notices.length ? [tableOf(t("notices_touched"), [
      { title: t("column_what"), by: (one) => one.kind, cell: (one) => t(one.kind === "warning" ? "warning" : "follows_fine") },
      { title: t("state"), by: (one) => one.state, cell: stateOf },
      { title: t("becomes"), by: (one) => one.becomes, cell: (one) => t(one.becomes === "withdrawn" ? "notice_withdrawn" : "notice_anew") },
      { title: t("count"), by: (one) => one.notices, className: "number", cell: (one) => one.notices.toLocaleString(locale) },
    ], found.notices)] : []),
    ...(found.approved.length ? [el("p", { className: "notice danger" }, t("survey_approved", { count: found.approved.length }), ` ${found.approved.map((one) => one.slice(0, 8)).join(", ")}`)] : []),
    ...(found.examples?.length ? [examplesOf(found.examples, follow)] : []),
    ...notes,
    found.changed ? el("p", { className: "muted" }, t("survey_done_by")) : "");
}

const examplesOf = (examples, follow) => tableOf(t("examples"), [
  { title: t("verdict_id"), by: (one) => one.verdict_id, cell: (one) => el("code", {}, one.verdict_id) },
  { title: t("passage"), by: (one) => one.captured_at, cell: (one) => dated(one.captured_at) },
  { title: t("was"), by: (one) => one.verdict_was, cell: (one) => follow(one.verdict_was, one.action_was) },
  { title: t("becomes"), by: (one) => one.verdict, cell: (one) => follow(one.verdict, one.action) },
  { title: t("rule"), by: (one) => one.rule, cell: (one) => el("code", {}, one.rule) },
], examples);

// ---- counts by day

answers(byId("days-form"), async ({ zone, first, last }) => {
  const { rows } = await get(`/zones/counts?${new URLSearchParams({ zone, from: first, to: last, by: "day" })}`);
  const days = [...rows].sort((one, other) => one.part.localeCompare(other.part));
  const share = (one) => (one.passages ? one.barred / one.passages : 0);
  byId("counted").replaceChildren(...(days.length ? [
    el("h2", {}, t("days_title")),
    dayBars(days.map((one) => ({ name: one.part.slice(5), whole: one.passages, part: one.barred })), t("days_title")),
    el("p", { className: "small muted" }, t("days_legend")),
    tableOf(t("days_title"), [
      { title: t("day"), by: (one) => one.part, cell: (one) => one.part },
      { title: t("all_passages"), by: (one) => one.passages, className: "number", cell: (one) => one.passages.toLocaleString(locale) },
      { title: t("barred"), by: (one) => one.barred, className: "number", cell: (one) => one.barred.toLocaleString(locale) },
      { title: t("share"), by: share, className: "number", cell: (one) => `${(100 * share(one)).toFixed(1)} %` },
      { title: t("acted_on"), by: (one) => one.acted_on, className: "number", cell: (one) => one.acted_on.toLocaleString(locale) },
    ], days),
  ] : [el("p", { className: "muted" }, t("days_none"))]));
});

// ---- zones, and the days that forms begin with

let names = new Map();
const zoneName = (id) => names.get(id) ?? id;

async function begin() {
  const today = toField(now()), day = (back) => toField(now() - back * DAY_MS).slice(0, 10);
  const given = { "days-first": day(13), "days-last": day(0), "rejudge-first": day(13), "rejudge-last": day(0), "rejudge-known": today };
  for (const [id, value] of Object.entries(given)) byId(id).value ||= value;
  try {
    const { zones } = await get("/zones");
    names = new Map(zones.map((one) => [one.zone, one[`name_${language}`] ?? one.zone]));
    for (const select of document.querySelectorAll("[data-zones]")) select.append(...[...names].map(([value, text]) => el("option", { value }, text)));
  } catch (problem) {
    if (problem.status === 503) byId("unknown-here").hidden = false;
    else tellFault(byId("notices"), problem.message);
  }
}

const show = tabs(byId("views"));
await begin();
