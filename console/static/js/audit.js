// The audit: is it whole, who searched how often for what, its records, the story of one search.

import { get, post, t, words } from "./api.js";
import { byId, el } from "./dom.js";
import { answers, busily, offer, tellFault } from "./forms.js";
import { finished } from "./jobs.js";
import { inWords } from "./sentences.js";
import { sortable } from "./table.js";
import { tabs } from "./tabs.js";
import { agoTime, clock, exact, locale, now, toField } from "./time.js";

const PAGE = 200;
const DAY_MS = 86_400_000;
const WRITTEN = new Set(["reason", "note", "text", "purpose"]); // members of a record in the language of who wrote it, or of the page
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const dated = (moment) => el("time", { dateTime: moment, title: exact(moment) }, clock(moment));
const purposeOf = (name) => words[`purpose_${name}`] ?? name;
const actionOf = (name) => words[`action_${name}`] ?? name.replaceAll("_", " ");
const searchLink = (id) => el("button", { type: "button", className: "link", title: id, onclick: () => openSearch(id) }, id.slice(0, 8));

// ---- whole or not

const broken = sortable(byId("broken"), [
  { title: t("column_chain"), by: (one) => one.chain, cell: (one) => (one.chain ? `${one.chain}/${one.seq}` : "") },
  { title: t("column_place"), by: (one) => one.table, cell: (one) => [one.table, one.key].filter(Boolean).join(" ") },
  { title: t("column_fault"), by: (one) => one.what, cell: (one) => inWords(one.what) },
]);

function showChain(job) {
  const result = job?.result, place = byId("chain-state");
  byId("broken").hidden = !result?.broken.length;
  if (!result) {
    place.replaceChildren(el("p", { className: "muted" }, t("never_verified")));
    if (job?.fault) tellFault(byId("chain"), job.fault);
    return;
  }
  broken.show(result.broken);
  place.replaceChildren(
    el("p", { className: result.intact ? "notice state" : "notice danger state" }, t(result.intact ? "whole" : "broken")),
    el("p", { title: exact(job.finished_at) }, t("verified_at", { time: clock(job.finished_at), records: result.records.toLocaleString(locale), chains: result.chains })),
    result.intact ? "" : el("p", {}, t("broken_count", { count: result.broken_count.toLocaleString(locale) })));
}

async function follow() {
  const box = byId("verifying"), bar = byId("chain-progress"), told = byId("verifying-text"), button = byId("verify");
  try {
    const job = await finished(async () => (await get("/audit/state")).verification, ({ done, total }) => {
      [box.hidden, button.disabled] = [false, true];
      if (!total) return;
      bar.value = done / total;
      told.textContent = t("verifying", { done: done.toLocaleString(locale), all: total.toLocaleString(locale) });
    });
    showChain(job);
  } finally {
    [box.hidden, button.disabled] = [true, false];
    bar.removeAttribute("value");
    told.textContent = t("verifying_begins");
  }
}

byId("verify").addEventListener("click", () => busily(byId("chain"), null, async () => {
  await post("/audit/verification");
  await follow();
}));

// ---- use

const unusual = sortable(byId("unusual"), [
  { title: t("column_officer"), by: (one) => one.officer, cell: (one) => one.officer },
  { title: t("column_what"), by: (one) => t(`unusual_${one.kind}`), cell: (one) => t(`unusual_${one.kind}`) },
  { title: t("column_times"), by: (one) => one.count, className: "number", cell: (one) => one.count.toLocaleString(locale) },
  { title: t("column_detail"), cell: (one) => inWords(one.detail) },
  { title: t("column_open"), cell: (one) => el("span", { className: "ids" }, ...one.searches.map(searchLink)) },
], { empty: t("unusual_none") });

const numbers = { searches: "searches", plates: "plates", nights: "nights", weekends: "weekends", denied: "denied", shown_rows: "rows", exports: "exports" };
const people = sortable(byId("people"), [
  { title: t("column_officer"), by: (one) => one.officer, cell: (one) => el("button", { type: "button", className: "link", onclick: () => recordsOf(one.officer) }, one.officer) },
  { title: t("column_purposes"), cell: (one) => one.purposes.map(([name, count]) => `${purposeOf(name)} ${count}`).join(", ") },
  ...Object.entries(numbers).map(([name, word]) => ({ title: t(`column_${word}`), by: (one) => one[name], className: "number", cell: (one) => one[name].toLocaleString(locale) })),
], { empty: t("use_none"), sorted: { index: 2, descending: true } });

answers(byId("use-form"), async ({ first, last }) => {
  const found = await get(`/audit/report?${new URLSearchParams({ from: first, to: last })}`);
  unusual.show(found.unusual);
  people.show(found.people);
});

// ---- records

let following = null, shown = [];
const records = sortable(byId("all-records"), [
  { title: t("column_time"), by: (one) => one.at, cell: (one) => dated(one.at) },
  { title: t("column_officer"), by: (one) => one.actor, cell: (one) => one.actor },
  { title: t("column_action"), by: (one) => actionOf(one.action), cell: (one) => actionOf(one.action) },
  { title: t("column_about"), cell: (one) => about(one, { links: true, most: 4 }) },
], { empty: t("records_none") });

function about(one, { links = false, most = 99 } = {}) {
  const told = Object.entries(one.about).filter(([, value]) => value !== null && value !== "" && !(Array.isArray(value) && !value.length));
  const said = (name) => (WRITTEN.has(name) ? {} : { lang: "en" }); // names and values of the record itself, as it is hashed
  const parts = told.slice(0, most).flatMap(([name, value]) => [el("dt", { lang: "en" }, name.replaceAll("_", " ")), el("dd", said(name), valueOf(name, value, links))]);
  return el("dl", { className: "about" }, ...parts, ...(told.length > most ? [el("dt", {}, "…"), el("dd", {})] : []));
}

function valueOf(name, value, links) {
  if (links && name === "search_id" && UUID.test(value)) return searchLink(value);
  if (name === "purpose") return purposeOf(value);
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function wanted(before = null) {
  const { officer, action, first, last } = byId("records-form").elements;
  const query = new URLSearchParams({ from: first.value, to: last.value, limit: PAGE });
  if (officer.value.trim()) query.set("actor", officer.value.trim());
  if (action.value) query.set("action", action.value);
  if (before) query.set("before", before);
  return query;
}

async function loadRecords(before = null) {
  const { records: found, next } = await get(`/audit/records?${wanted(before)}`);
  shown = before ? [...shown, ...found] : found;
  following = next;
  records.show(shown);
  byId("older").hidden = !next;
}
answers(byId("records-form"), () => loadRecords());
byId("older").addEventListener("click", (event) => busily(byId("records"), event.currentTarget, () => loadRecords(following)));

function recordsOf(officer) {
  byId("records-officer").value = officer;
  byId("records-first").value = byId("use-first").value;
  byId("records-last").value = byId("use-last").value;
  show("records");
  byId("records-form").requestSubmit();
}

// ---- one search

function openSearch(id) {
  byId("search-id").value = id;
  show("search");
  byId("search-form").requestSubmit();
}

answers(byId("search-form"), async ({ search_id: id }) => {
  byId("story").replaceChildren();
  let found;
  try {
    found = (await get(`/audit/searches/${encodeURIComponent(id)}`)).records;
  } catch (problem) {
    if (problem.status !== 404) throw problem;
    found = [];
  }
  if (!found.length) { byId("story").replaceChildren(el("p", { className: "notice" }, t("search_none"))); return; }
  const opened = found.find((one) => one.action === "search_opened" || one.action === "search_denied") ?? found[0];
  byId("story").replaceChildren(facts(opened), el("h2", {}, t("story")), el("ol", { className: "story" }, ...found.map(step)));
});

function facts(one) {
  const told = one.about, row = (name, value) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, value || t("none")));
  const span = told.captured_from ? `${exact(told.captured_from)} – ${exact(told.captured_until)}` : "";
  return el("table", { className: "table facts" }, el("tbody", {},
    row(t("officer"), one.actor), row(t("role"), told.role ? t(`role_${told.role}`) : ""), row(t("purpose"), told.purpose && purposeOf(told.purpose)),
    row(t("reason"), told.reason), row(t("case_number"), told.case_number), row(t("pattern"), told.pattern), row(t("time_span"), span)));
}

function step(one) {
  return el("li", {}, el("h3", {}, actionOf(one.action)), " ", el("span", { className: "muted" }, agoTime(one.at), ` · ${exact(one.at)} · ${one.actor}`), about(one));
}

// ---- begin

for (const [id, back] of [["use-first", 30], ["use-last", 0], ["records-first", 7], ["records-last", 0]]) {
  byId(id).value ||= toField(now() - back * DAY_MS).slice(0, 10);
}
const actions = Object.keys(words).filter((one) => one.startsWith("action_")).map((one) => one.slice("action_".length));
offer(byId("records-action"), actions.map((one) => [one, actionOf(one)]).sort(([, one], [, other]) => one.localeCompare(other)));
const loaded = new Set();
const loads = {
  chain: () => busily(byId("chain"), null, follow),
  use: () => byId("use-form").requestSubmit(),
  records: () => byId("records-form").requestSubmit(),
};
const show = tabs(byId("views"), (id) => {
  if (loaded.has(id)) return;
  loaded.add(id);
  loads[id]?.();
});
