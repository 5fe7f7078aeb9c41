// Lists of wanted vehicles: what they hold, one entry by its reference, adding, removing, a whole file, what changed.

import { get, post, t } from "./api.js";
import { byId, el, plate, written } from "./dom.js";
import { answers, askedFor, busily, field, offer, tellFault } from "./forms.js";
import { confirmed, toast } from "./shell.js";
import { sortable } from "./table.js";
import { tabs } from "./tabs.js";
import { agoTime, clock, exact, fromField, locale } from "./time.js";

const PAGE = 100;
const MOST_MB = 64;
const CHANGED_DAYS = 30;
const kindOf = (one) => t(`kind_${one.list_kind}`);
const instructionOf = (one) => t(`do_${one.instruction ?? "report"}`); // what is usual is left out of a message

// ---- lists

const lists = sortable(byId("all-lists"), [
  { title: t("column_owner"), by: (one) => one.owner, cell: (one) => one.owner },
  { title: t("column_kind"), by: kindOf, cell: (one) => el("button", { type: "button", className: "link", title: t("open_list"), onclick: () => openList(one) }, kindOf(one)) },
  { title: t("column_priority"), by: (one) => one.priority, className: "number", cell: (one) => String(one.priority) },
  { title: t("column_entries"), by: (one) => one.entries, className: "number", cell: (one) => one.entries.toLocaleString(locale) },
  { title: t("column_patterns"), by: (one) => one.patterns, className: "number", cell: (one) => one.patterns.toLocaleString(locale) },
  { title: t("column_ending"), by: (one) => one.ending, className: "number", cell: (one) => one.ending.toLocaleString(locale) },
  { title: t("column_hits"), by: (one) => one.hits, className: "number", cell: (one) => one.hits.toLocaleString(locale) },
  { title: t("column_changed"), by: (one) => one.changed_at, cell: (one) => (one.changed_at ? agoTime(one.changed_at) : "") },
], { empty: t("lists_none") });

let others = new Set(); // owners whose entries are not this person's to change
const yours = (owner) => !others.has(owner);

async function loadLists(button = null) {
  await busily(byId("lists"), button, async () => {
    const found = (await get("/hotlists")).lists;
    others = new Set(found.filter((one) => !one.yours).map((one) => one.owner));
    lists.show(found);
    const known = new Set([...byId("browse-owner").options].map((one) => one.value));
    offer(byId("browse-owner"), [...new Set(found.map((one) => one.owner))].filter((one) => !known.has(one)).sort().map((one) => [one, one]));
  });
}

function openList(one) {
  const { owner, kind } = byId("browse").elements;
  owner.value = one.owner;
  kind.value = one.list_kind;
  show("entries");
  byId("browse").requestSubmit();
}

// ---- entries

const entries = sortable(byId("all-entries"), [
  { title: t("column_reference"), by: (one) => one.entry_id, cell: (one) => el("code", {}, one.entry_id) },
  { title: t("column_plate"), by: (one) => one.plate, cell: (one) => plate(written(one), one.country) },
  { title: t("column_kind"), by: kindOf, cell: (one) => el("span", {}, kindOf(one), one.dangerous ? " " : "", one.dangerous ? el("span", { className: "chip danger" }, t("danger")) : "") },
  { title: t("column_owner"), by: (one) => one.owner, cell: (one) => one.owner },
  { title: t("column_priority"), by: (one) => one.priority, className: "number", cell: (one) => String(one.priority) },
  { title: t("column_instruction"), by: instructionOf, cell: instructionOf },
  { title: t("column_valid"), by: (one) => one.valid_from, cell: validity },
  { title: t("column_reason"), cell: (one) => [one.reason, one.vehicle].filter(Boolean).join(" · ") },
  { title: el("span", { className: "visually-hidden" }, t("column_actions")), cell: (one) => (yours(one.owner) ? el("button", { type: "button", className: "btn", onclick: () => remove(one) }, t("remove")) : "") },
], { empty: t("entries_none") });

function validity(one) {
  const until = one.valid_until ? `${clock(one.valid_from)} – ${clock(one.valid_until)}` : `${clock(one.valid_from)}, ${t("until_removed")}`;
  return el("span", { title: [one.valid_from, one.valid_until].filter(Boolean).map(exact).join(" – ") }, until);
}

let again = null; // the last question, to be asked again behind a change

async function showEntries(question, { first = true } = {}) {
  const { entries: found, next } = await question();
  again = question;
  byId("entries-idle").hidden = true;
  byId("all-entries").hidden = false;
  entries.show(found);
  byId("first").hidden = first;
  byId("next").hidden = !next;
  return next;
}

answers(byId("find"), ({ name }) => showEntries(() => post("/hotlists/find", { names: [name] })));

let browsed = null, following = null;
async function browse(after = "", button = null) {
  await busily(byId("browse"), button, async () => {
    following = await showEntries(() => post("/hotlists/page", { ...browsed, after: after ?? "", limit: PAGE }), { first: !after });
  });
}
answers(byId("browse"), async (asked) => { browsed = asked; await browse(); });
byId("next").addEventListener("click", (event) => browse(following, event.currentTarget));
byId("first").addEventListener("click", (event) => browse("", event.currentTarget));

async function remove(one) {
  const reason = el("input", { name: "reason", required: true, minLength: 3, maxLength: 300, autocomplete: "off" });
  const inError = el("label", { className: "check" }, el("input", { type: "checkbox", name: "in_error" }), t("remove_in_error"));
  const said = await askedFor(t("remove_title", { reference: one.entry_id }), t("remove_text"), [field(t("column_reason"), reason, t("remove_reason")), inError], t("remove"));
  if (!said) return;
  await busily(byId("entries"), null, async () => {
    const done = await post("/hotlists/removals", { names: [one.entry_id], reason: said.reason ?? "", in_error: Boolean(said.in_error) });
    toast(done.stored === false ? t("not_shown_yet") : t("removed", { reference: one.entry_id }), "ok");
    if (again) await showEntries(again);
    await loadLists();
  });
}

// ---- add one

const adding = byId("adding"), checked = byId("add-checked");
byId("add-plate").addEventListener("input", ({ target }) => {
  const compact = target.value.toUpperCase().replace(/[\s.\-·_/]+/g, "");
  byId("plate-as").textContent = compact ? t("plate_as", { plate: compact }) : "";
});
adding.addEventListener("input", () => { checked.hidden = true; });

answers(adding, async (said, button) => {
  if (said.valid_from) said.valid_from = fromField(said.valid_from);
  if (said.dangerous) said.dangerous = "yes";
  if (button.value === "check") {
    const { entry, was } = await post("/hotlists/preview", said);
    checked.textContent = t(was ? "checked_change" : "checked", { reference: entry.entry_id });
    checked.hidden = false;
    byId("plate-as").textContent = t("plate_as", { plate: written(entry) });
    return;
  }
  const { entry, stored } = await post("/hotlists/entries", said);
  toast(t("added", { reference: entry.entry_id }), "ok");
  if (!stored) toast(t("not_shown_yet"));
  adding.reset();
  byId("plate-as").textContent = "";
  checked.hidden = true;
  await loadLists();
});

// ---- a file

const importing = byId("importing"), preview = byId("preview");
importing.addEventListener("input", () => preview.replaceChildren());

answers(importing, async (said) => {
  const chosen = byId("file").files[0];
  if (chosen.size > MOST_MB * 1_000_000) { tellFault(importing, t("too_big", { most: MOST_MB })); return; }
  preview.replaceChildren(el("p", { className: "muted" }, t("previewing", { name: chosen.name })));
  try {
    const asked = new FormData();
    asked.append("file", chosen, chosen.name);
    for (const name of ["owner", "kind", "reason"]) if (said[name]) asked.append(name, said[name]);
    showPreview(asked, await post("/hotlists/imports/preview", asked));
  } catch (problem) {
    preview.replaceChildren();
    throw problem;
  }
});

function showPreview(asked, found) {
  const count = found.new + found.changed;
  const faults = el("table", { className: "table" }, el("caption", {}, t("preview_faults")));
  sortable(faults, [
    { title: t("column_line"), by: (one) => one.line, className: "number", cell: (one) => String(one.line) },
    { title: t("column_fault"), by: (one) => one.why, cell: (one) => one.why },
  ], { empty: t("preview_no_faults") }).show(found.refused_lines);
  const more = found.refused - found.refused_lines.length;
  const act = el("button", { type: "button", className: "btn btn-primary", onclick: () => put(asked, found, act) }, t("import_put", { count: count.toLocaleString(locale) }));
  preview.replaceChildren(
    el("p", { className: found.refused ? "notice warn" : "notice" }, t("preview_counts", found)),
    faults, more > 0 ? el("p", {}, t("preview_more", { count: more })) : "",
    count ? el("div", { className: "row" }, act) : el("p", {}, t("preview_nothing")));
}

async function put(asked, found, button) {
  const count = (found.new + found.changed).toLocaleString(locale);
  if (!(await confirmed(t("import_ask", { count, refused: found.refused }), { yes: t("import_put", { count }) }))) return;
  await busily(preview, button, async () => {
    asked.set("sha256", found.sha256);
    const done = await post("/hotlists/imports", asked);
    toast(t("import_done", { count: (done.new + done.changed).toLocaleString(locale) }), "ok");
    importing.reset();
    preview.replaceChildren();
    await loadLists();
  });
}

// ---- what changed

const changes = sortable(byId("all-changes"), [
  { title: t("column_time"), by: (one) => one.at, cell: (one) => el("time", { dateTime: one.at, title: exact(one.at) }, clock(one.at)) },
  { title: t("column_who"), by: (one) => one.actor, cell: (one) => one.actor },
  { title: t("column_what"), by: changeOf, cell: changeOf },
  { title: t("column_about"), cell: aboutChange },
  { title: t("column_reason"), cell: (one) => one.about.reason ?? one.about.entry?.reason ?? "" },
], { empty: t("changes_none") });

function changeOf(one) {
  return t(`change_${one.about.change}`);
}

function aboutChange(one) {
  const { entry, entries: names = [], file, count } = one.about;
  if (file) return file;
  if (entry) return el("code", {}, entry.entry_id);
  const more = (count ?? names.length) - Math.min(3, names.length);
  return el("code", {}, names.slice(0, 3).join(", ") + (more > 0 ? ` ${t("preview_more", { count: more })}` : ""));
}

async function loadChanges(button = null) {
  await busily(byId("changes"), button, async () => changes.show((await get(`/hotlists/log?days=${CHANGED_DAYS}`)).records));
}
byId("lists-again").addEventListener("click", (event) => loadLists(event.currentTarget));
byId("changes-again").addEventListener("click", (event) => loadChanges(event.currentTarget));

const loads = { lists: () => loadLists(), changes: () => loadChanges() };
const show = tabs(byId("views"), (id) => loads[id]?.());
