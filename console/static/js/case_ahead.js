// Where the vehicle was, where it may show next, who is near, and who could be there before it.

import { get, t } from "./api.js";
import { isOpen, term } from "./case_parts.js";
import { percent } from "./case_head.js";
import { byId, el } from "./dom.js";
import { seconds, span } from "./time.js";

const GAP_S = 600; // longer than that between two cameras: nobody knows which way it went
const FASTEST_KMH = 200; // as the crow flies
const NEAR_KM = 0.3; // cameras of one crossing, and clocks that differ by seconds
const KM_A_DEGREE = 111.2;
const FEW = 30; // a forecast that rests on fewer vehicles is a hint

/** Sightings that stand, in the order in which the vehicle passed. */
export function sightingsOf(one) {
  const placed = one.timeline.filter((event) => event.fact_id && event.camera_id);
  const last = new Map(placed.map((event) => [event.fact_id, event])); // what was said of it last holds
  return [...last.values()]
    .filter((event) => event.captured_at)
    .sort((a, b) => Date.parse(a.captured_at) - Date.parse(b.captured_at));
}

export function showRoute(map, one, cameras) {
  const points = sightingsOf(one).map((event, n, all) => ({
    number: n + 1,
    position: cameras.get(event.camera_id)?.position ?? null,
    captured_at: event.captured_at,
    late: one.old_only || event.kind === "sighted_late",
    gap: n > 0 && between(all[n - 1], event) > GAP_S,
    odd: n > 0 && isOdd(all[n - 1], event, cameras),
  }));
  map.sightings(points);
  map.route(points);
}

/** Seconds from one sighting to the next. */
const between = (before, after) => (Date.parse(after.captured_at) - Date.parse(before.captured_at)) / 1000;

/** Whether no car gets from there to here in that time: two vehicles carry the plate, or one was misread. */
function isOdd(before, after, cameras) {
  const [from, to] = [before, after].map((event) => cameras.get(event.camera_id)?.position);
  if (!from || !to) return false;
  const north = (to.latitude - from.latitude) * KM_A_DEGREE;
  const east = (to.longitude - from.longitude) * KM_A_DEGREE * Math.cos((to.latitude * Math.PI) / 180);
  return Math.hypot(north, east) > NEAR_KM + (FASTEST_KMH * between(before, after)) / 3600;
}

/** give(patrol): somebody gives the case to it; null: nobody can now. */
export function showPatrols(one, give) {
  const near = isOpen(one) && !one.old_only ? one.nearest_patrols : [];
  byId("patrols").hidden = !near.length;
  byId("patrols-none").hidden = near.length > 0;
  byId("patrols-at").textContent = one.patrols_at ? t("patrols_at", { time: seconds(one.patrols_at) }) : "";
  byId("patrols").tBodies[0].replaceChildren(...near.map((patrol) => el("tr", {},
    el("th", { scope: "row" }, patrol.patrol_id),
    el("td", { className: "number" }, span(patrol.road_s)),
    el("td", { className: "number" }, kilometres(patrol.distance_m)),
    el("td", {}, t("old_by", { span: span(patrol.position_age_s) })),
    el("td", { className: "number" }, giveButton(one, patrol.patrol_id, give)))));
}

const kilometres = (m) => `${(m / 1000).toFixed(1)} km`;

function giveButton(one, patrol, give) {
  if (one.assigned_to === patrol) return term(`state_${one.state}`);
  if (!give) return "";
  const given = { type: "button", className: "btn", "aria-label": t("give", { who: patrol }) };
  const button = el("button", given, t("act_assign_short"));
  button.addEventListener("click", () => give(patrol));
  return button;
}

/** Asks where the vehicle may show next and who can be there before it; shows both, on the map too. */
export async function showAhead(one, map, give) {
  const { ahead, observations, ...found } = await get(`/cases/${one.case_id}/intercept`);
  byId("next-box").hidden = byId("intercept-box").hidden = !isOpen(one);
  byId("next").hidden = !ahead.length;
  byId("next-none").hidden = ahead.length > 0;
  byId("next-none").textContent = ahead.length ? "" : t(`none_${found.why_none || "unknown"}`);
  byId("next-few").hidden = !ahead.length || observations >= FEW;
  byId("next-few").textContent = t("next_few", { n: observations });
  byId("next").tBodies[0].replaceChildren(...ahead.map(nextRow));
  byId("intercept").classList.remove("muted");
  byId("intercept").replaceChildren(proposal(one, ahead, found, give));
  map?.next(ahead.map((place) => ({ ...place, when: seconds(place.expected) })));
}

function nextRow(place) {
  const words = { from: seconds(place.earliest), to: seconds(place.latest) };
  return el("tr", {},
    el("th", { scope: "row" }, place.name),
    el("td", { className: "number" }, percent(place.probability)),
    el("td", { className: place.overdue ? "muted" : "" }, el("strong", {}, seconds(place.expected)), el("br"),
      el("span", { className: "small muted" }, t(place.overdue ? "window_past" : "window_from_to", words))));
}

function proposal(one, ahead, { proposed_camera_id: camera, proposed_patrol_id: patrol, why_none: why }, give) {
  const place = ahead.find((each) => each.camera_id === camera);
  const reach = place?.patrols.find((each) => each.patrol_id === patrol);
  if (!reach) return el("p", { className: "muted" }, t(`none_${why || "unknown"}`));
  const words = { patrol, place: place.name, there: seconds(reach.there_at), expected: seconds(place.expected) };
  return el("div", { className: "proposal" },
    el("p", { className: "grow" }, t("intercept_how", words)),
    el("span", { className: reach.in_time === "yes" ? "chip ok" : "chip warn" }, t(`in_time_${reach.in_time}`)),
    giveButton(one, patrol, give));
}
