// The page of searches. /search?s=ID shows one's own search; the address never holds a plate.

import { file, get, post, t } from "./api.js";
import { byId, el, plate, written } from "./dom.js";
import { makeMap } from "./map.js";
import { key, toast } from "./shell.js";
import { clock, exact, now } from "./time.js";
import { Follow } from "./search_follow.js";
import { Form } from "./search_form.js";
import { Results } from "./search_results.js";
import { altWords, directionWords, notesWords, placeWords, surenessOf, understoodWords, whyWords } from "./search_words.js";

const AT_FIRST = 100, MOST = 10_000;
const FORMATS = ["csv", "geojson", "pdf"];
let search = null; // as it is recorded
let found = null; // what it found
let asked = 0; // an answer to an earlier question is not shown
let ending = 0;
let map, form, results, follow;

async function ask(body) {
  const mine = ++asked;
  form.clearErrors();
  form.busy(true);
  try {
    const opened = await post("/searches", body);
    await drawn;
    if (mine !== asked) return;
    begin(opened);
    history.pushState(null, "", `/search?s=${opened.search_id}`);
    await look(AT_FIRST, mine);
    byId("found-title").focus({ preventScroll: true });
  } catch (problem) {
    if (problem.status === undefined) throw problem;
    if (mine === asked) form.refused(problem);
  } finally {
    if (mine === asked) form.busy(false);
  }
}

/** A search is open: how it was understood is shown before anything is found. */
function begin(opened) {
  [search, found] = [opened, null];
  byId("intro").hidden = true;
  byId("none").hidden = true;
  follow.close();
  results.clear();
  tell(t("searching"));
  foot();
}

/** Asks for what the search found; keep: narrowed as it is now. */
async function look(limit, mine = asked, { keep = false } = {}) {
  const query = keep ? narrowed({ limit }) : new URLSearchParams({ limit });
  const answer = await get(`/searches/${search.search_id}/passages?${query}`);
  if (mine !== asked) return;
  found = { ...answer, limit, part: keep && [...query].length > 1 };
  results.show(answer.passages, { keep });
}

/** Something was left out, or the time narrowed: where there was more than could be shown, others take its place. */
function refined() {
  if (!found?.more && !found?.part) return;
  const mine = ++asked;
  guarded(() => look(found.limit, mine, { keep: true }));
}

/** The line above the results: understood how, how many, what was left out. */
function tell(text) {
  const understood = search.understood;
  const line = [
    el("span", {}, el("span", { className: "muted" }, `${t("understood")}: `), understoodWords(understood)),
    ...notesWords(understood).map((note) => el("span", { className: "notice warn small" }, note)),
    el("span", { className: "count" }, text),
  ];
  if (found?.unlikely) line.push(el("span", { className: "muted small" }, t("unlikely", { n: found.unlikely })));
  if (found?.more) line.push(...more());
  for (const one of results.without) line.push(withoutChip(one));
  byId("told").replaceChildren(...line);
}

function more() {
  if (found.limit >= MOST) return [el("span", { className: "muted small" }, t("count_top", { n: found.count }))];
  return [
    el("span", { className: "muted small" }, t("count_more", { n: found.count })),
    el("button", { type: "button", className: "btn", onclick: () => guarded(() => look(MOST, ++asked, { keep: true })) }, t("show_all")),
  ];
}

function withoutChip(passage) {
  const label = t("bring_back", { plate: passage.plate_display });
  return el("button", { type: "button", className: "btn", title: label, "aria-label": label, onclick: () => results.bringBack(passage) },
    t("without", { plate: passage.plate_display }), " ✕");
}

function counted() {
  if (!search || !found) return;
  const [shown, all] = [results.shown.length, results.all.length];
  byId("none").hidden = shown > 0;
  if (!shown) advise(all > 0 || found.part);
  tell(all === 0 ? t("count_none") : shown < all ? t("count_of", { n: shown, all }) : all === 1 ? t("count_one") : t("count", { n: all }));
}

/** Nothing was found: what else may find it, as buttons that do it. leftOut: it was found, and left out. */
function advise(leftOut) {
  if (leftOut) return byId("none").replaceChildren(el("p", {}, t("none_left")));
  const { understood, police_zone: zone } = search;
  const whole = /^[A-Z0-9]+$/.test(understood.pattern);
  const again = (word, values) => el("li", {}, el("button", { type: "button", className: "btn", onclick: () => { form.fill(values); form.form.requestSubmit(); } }, t(word)));
  const tries = el("ul", { className: "plain stack" });
  if (whole) {
    tries.append(again("try_part", { pattern: understood.pattern.slice(1), match: "partial" }));
    if (!understood.misreads) tries.append(again("try_misread", { match: "misread" }));
  } else tries.append(el("li", {}, t("try_fewer")));
  if (byId("period").value !== "own" && Number(byId("period").value) < 720) tries.append(again("try_older", { period: "720" }));
  else tries.append(el("li", {}, t("try_month")));
  if (zone) tries.append(el("li", {}, t("try_zone", { zone })));
  return byId("none").replaceChildren(el("h3", {}, t("try_title")), tries);
}

/** The foot: whose search it is, until when, and what may be done with it. */
function foot() {
  const box = byId("foot"), over = Date.parse(search.expires_at) <= now();
  const id = search.search_id;
  const words = t("foot", { id: id.slice(0, 8), officer: document.querySelector(".who").textContent, reason: search.reason });
  box.replaceChildren(
    el("span", { className: "grow", title: id }, words),
    el("span", {}, over ? t("foot_over") : t("foot_open", { time: clock(search.expires_at) })),
    el("button", { type: "button", className: over ? "btn btn-primary" : "btn", onclick: again }, t("again")),
    el("button", { type: "button", className: "btn", onclick: () => location.assign("/search") }, t("fresh")),
    ...(over ? [] : [exports()]));
  box.hidden = false;
  clearTimeout(ending);
  if (!over) ending = setTimeout(end, Date.parse(search.expires_at) - now());
}

/** A search that has ended shows nothing more. */
function end() {
  asked++;
  found = null;
  follow.close();
  results.clear();
  tell(t("foot_over"));
  foot();
}

function again() {
  form.fillFrom(search);
  form.form.requestSubmit();
}

function exports() {
  const menu = el("details", { className: "exports" }, el("summary", { className: "btn" }, t("export")));
  const save = (format) => guarded(async () => {
    menu.open = false;
    const { name, content } = await file(`/searches/${search.search_id}/export?${narrowed({ format, limit: found?.limit ?? AT_FIRST })}`);
    const link = el("a", { href: URL.createObjectURL(content), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    toast(t("exported", { name }), "ok");
  });
  menu.append(el("div", { className: "panel stack" }, ...FORMATS.map((one) => el("button", { type: "button", className: "btn", onclick: () => save(one) }, t(`export_${one}`)))));
  return menu;
}

/** A question about what is shown: narrowed in time, without what was left out. */
function narrowed(given) {
  const query = new URLSearchParams(given);
  for (const one of results.without) query.append("without", one.passage_id);
  for (const [name, at] of Object.entries(results.times() ?? {})) query.set(name, new Date(at).toISOString());
  return query;
}

/** Runs what asks the platform; what it refuses is told, and an ended search ends here too. */
async function guarded(work) {
  try { await work(); } catch (problem) {
    if (problem.status === undefined) throw problem;
    if (problem.code === "search_expired") end();
    toast(problem.message, "error");
  }
}

async function picture(passage) {
  const shown = byId("picture-shown"), sure = surenessOf(passage);
  byId("picture-title").replaceChildren(plate(written(passage), passage.country));
  byId("picture-about").textContent = [placeWords(passage.camera), exact(passage.captured_at), directionWords(passage), sure.text, passage.why ? whyWords(passage) : ""].filter(Boolean).join(" · ");
  const { crop, frame } = passage.pictures, place = el("div", {});
  shown.replaceChildren(place, frame ? el("button", { type: "button", className: "btn", onclick: () => load(frame) }, t("picture_frame")) : "");
  byId("picture").showModal();
  await load(crop);

  async function load(address) {
    place.replaceChildren(el("p", { className: "muted" }, t("loading")));
    try {
      const { content } = await file(address.replace(/^\/api\/v1/, ""));
      place.replaceChildren(el("img", { src: await asData(content), alt: altWords(passage) }));
    } catch (problem) {
      if (problem.status === undefined) throw problem;
      place.replaceChildren(el("p", { className: "notice warn", role: "alert" }, problem.message));
    }
  }
}

/** A picture as an address that the page may show (a blob's it may not). */
function asData(content) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    [reader.onload, reader.onerror] = [() => resolve(reader.result), () => reject(reader.error)];
    reader.readAsDataURL(content);
  });
}

/** What the address names: one's own search, or a new one. */
async function fromAddress() {
  const id = new URLSearchParams(location.search).get("s");
  const mine = ++asked;
  if (!id) return blank();
  try {
    const opened = await get(`/searches/${encodeURIComponent(id)}`);
    if (mine !== asked) return;
    begin(opened);
    form.fillFrom(opened);
    if (opened.open) await look(AT_FIRST, mine);
    else end();
  } catch (problem) {
    if (problem.status === undefined) throw problem;
    if (mine === asked) stranger(problem);
  }
}

function blank() {
  [search, found] = [null, null];
  follow.close();
  results.clear();
  byId("intro").hidden = false;
  for (const id of ["none", "foot"]) byId(id).hidden = true;
  byId("told").replaceChildren();
}

const STRANGE = { search_of_another: "theirs", search_unknown: "unknown_search" };

function stranger(problem) {
  blank();
  const word = STRANGE[problem.code] ?? (problem.status === 422 ? "unknown_search" : null);
  byId("told").replaceChildren(el("p", { className: "notice warn", role: "alert" }, word ? t(word) : problem.message));
}

function keys() {
  key("/", t("key_plate"), () => byId("pattern").select());
  key("j", t("key_next"), () => results.step(1));
  key("k", t("key_previous"), () => results.step(-1));
  key("f", t("key_follow"), () => { if (results.chosen) on.follow(results.chosen); });
  key("x", t("key_not_this"), () => { if (results.chosen) results.leaveOut(results.chosen); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !byId("follow").hidden && !document.querySelector("dialog[open]")) back();
  });
}

function back() {
  follow.close();
  results.toMap();
  results.choose(results.chosen, { focus: true });
}

const on = {
  changed: counted,
  refined,
  follow: (passage) => guarded(() => follow.show(search.search_id, passage, on)),
  picture,
};

/** The cameras as ground to read the map by; without them it shows what was found all the same. */
async function cameras() {
  try { map.cameras((await get("/cameras")).cameras); } catch (problem) {
    if (problem.status === undefined) throw problem;
  }
  if (!found) map.fit();
}

/** The map, and what draws on it. */
async function draw() {
  map = await makeMap(byId("map"));
  follow = new Follow(map, back);
  results = new Results(map, on);
}

async function start() {
  await drawn;
  keys();
  cameras();
  for (const one of document.querySelectorAll(".example")) {
    one.addEventListener("click", () => { form.fill({ pattern: one.value }); byId("reason").focus(); });
  }
  window.addEventListener("popstate", fromAddress);
  if (!byId("ask").classList.contains("busy")) await fromAddress(); // somebody may have asked meanwhile
}

form = new Form(ask);
const drawn = draw();
start();
