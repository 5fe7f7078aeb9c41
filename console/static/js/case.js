// One case: what it is, what happened, where it goes, who can be there, and what to do.

import { ring } from "./alarm.js";
import { file, get, t } from "./api.js";
import { Actions } from "./case_actions.js";
import { showAhead, showPatrols, showRoute } from "./case_ahead.js";
import { showHead } from "./case_head.js";
import { merged, mustCompare, noteSeen, readCase, term } from "./case_parts.js";
import { showStory } from "./case_story.js";
import { compare } from "./compare.js";
import { byId, el } from "./dom.js";
import { startHandover } from "./handover.js";
import { makeMap } from "./map.js";
import { followPatrols, loadCameras, placeName } from "./places.js";
import { key, toast } from "./shell.js";
import { openStream } from "./stream.js";
import { seconds } from "./time.js";

const TOLD_BY_OTHERS = ["acknowledged", "assigned", "pursuing", "closed", "false", "reopened", "noted"];
const NEAREST = 13.5;
const page = byId("case");
const me = page.dataset.me;
let cameras = new Map();
let one = null;
let map = null;
let fitted = "";
let asking = false;
const actions = new Actions(me, (after) => (after ? show(after) : tried(reload)), look);
const handover = startHandover();

async function reload() {
  const told = await get(`/cases/${page.dataset.id}`);
  show(readCase(told.case));
}

/** Shows this state, unless a later one is known. */
function show(given) {
  if (one && given.revision < one.revision) return;
  const before = one;
  one = given;
  byId("loading").hidden = true;
  byId("shown").hidden = false;
  noteSeen(one);
  showHead(one, cameras);
  actions.show(one);
  showStory(one, cameras);
  showPatrols(one, actions.give);
  if (map) showMap();
  if (before) tellNews(before);
  if (!before || before.revision !== one.revision) ahead();
  if (!before && mustCompare(one)) look();
}

function showMap() {
  showRoute(map, one, cameras);
  const where = String(one.hit_count);
  map.leaflet.invalidateSize({ pan: false }); // it was made while the page was hidden
  if (where !== fitted) fit(); // not while somebody looks about, and nothing has changed
  fitted = where;
}

/** All of the way; of a single place, so much around it that one knows where it is. */
function fit() {
  const { options } = map.leaflet, { maxZoom } = options;
  options.maxZoom = NEAREST;
  map.fit();
  options.maxZoom = maxZoom;
}

/** What depends on the last sighting and is asked for apart. */
async function ahead() {
  const asked = await Promise.allSettled([showAhead(one, map, actions.give), handover.show(one)]);
  for (const { reason } of asked.filter((each) => each.status === "rejected")) toast(reason.message, "error");
}

/** What others did and where it was seen, since the state before. */
function tellNews(before) {
  const count = one.timeline_count - before.timeline_count;
  for (const event of count > 0 ? one.timeline.slice(-count) : []) {
    const words = { who: event.who, what: t(`event_${event.kind}`), time: seconds(event.at) };
    if (TOLD_BY_OTHERS.includes(event.kind) && event.who !== me) {
      const took = before.state === "new" && one.state !== "new" && event.kind !== "noted";
      news(t(took ? "other_took" : "other_did", words), took ? "warn" : "");
    } else if (event.kind === "sighted") {
      ring("again");
      news(t("seen_again", { place: placeName(cameras, event.camera_id), time: seconds(event.captured_at) }), "");
    }
  }
}

function news(sentence, kind) {
  const close = el("button", { type: "button", className: "btn-quiet", onclick: () => line.remove() }, t("close"));
  const line = el("p", { className: `notice row ${kind}` }, el("span", { className: "grow" }, sentence), close);
  byId("news").prepend(line);
  while (byId("news").childElementCount > 3) byId("news").lastElementChild.remove();
}

async function look() {
  if (asking) return;
  asking = true;
  const after = await compare(one, placeName(cameras, one.last_camera_id));
  asking = false;
  if (after) show(after);
  byId("actions").querySelector("button")?.focus();
}

function heard(type, told) {
  if (type === "case" && one && told.case_id === one.case_id) show(merged(one, readCase(told)));
}

function flowing({ live, since, detail }) {
  const cut = byId("cut");
  cut.hidden = live;
  cut.textContent = live ? "" : [term("cut", { time: seconds(since) }), detail].filter(Boolean).join(" ");
  if (live || !one) tried(reload); // also where there is no line: the case itself may be had
}

async function tried(act) {
  try { await act(); } catch (problem) {
    if (one) toast(problem.message, "error");
    else byId("loading").textContent = problem.status === 404 ? t("no_case") : problem.message;
  }
}

async function report() {
  const button = byId("report");
  button.disabled = true;
  await tried(async () => {
    const { name, content } = await file(`/cases/${one.case_id}/report.pdf`);
    const link = el("a", { href: URL.createObjectURL(content), download: name });
    link.click();
    URL.revokeObjectURL(link.href);
  });
  button.disabled = false;
}

async function start() {
  byId("report").addEventListener("click", report);
  key("y", t("key_copy"), handover.copy);
  key("l", t("key_back"), () => location.assign("/cases"));
  await tried(async () => {
    map = await makeMap(byId("map"), { label: t("route_map") });
    cameras = await loadCameras();
    map.cameras([...cameras.values()]);
  });
  openStream("/cases/stream", { onEvent: heard, onState: flowing, whileHidden: false });
  followPatrols((patrols) => { if (patrols) map?.patrols(patrols); });
}

start();
