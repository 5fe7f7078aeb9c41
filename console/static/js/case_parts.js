// What the live map, the list of cases and the page of one say of a case in the same way.

import { t } from "./api.js";
import { el } from "./dom.js";

const OPEN = ["new", "acknowledged", "pursuing"];
const ABOUT_PICTURE = ["compared", "no_picture"]; // what somebody said of it, as the service has it (comparison.py)
const UNTOLD = {
  list_kinds: [], hit_count: 0, alert_class: "confirm", dangerous: false, instruction: null, reason: "", owners: [],
  listed_plates: [], listed_plates_display: [], probability: null, old_only: false, evidence: null, note: "",
  assigned_to: null,
  last_camera_id: null, last_captured_at: null, last_position: null, last_seen_at: null, timeline: [],
  timeline_count: 0, escalation: 0, closed_how: null, next_cameras: [], nearest_patrols: [], patrols_at: null,
  anomalies: [],
}; // what a case holds where its contract leaves something out
const MOST_EVENTS = 60; // of a case; a stream tells the newest ones only
const UNTOLD_EVENT = { who: "", text: "", fact_id: null, camera_id: null, captured_at: null, evidence: null };

/** A case as the API tells it, with nothing left out. */
export const readCase = (given) => ({
  ...UNTOLD, ...given, timeline: (given.timeline ?? []).map((event) => ({ ...UNTOLD_EVENT, ...event })),
});

/** A word that all pages of cases share. */
export const term = (key, values) => t(`case_terms.${key}`, values);

export const isOpen = (one) => OPEN.includes(one.state);

/** What is told of a case, with the older events that are known of it; the known one where that is the later. */
export function merged(known, told) {
  if (!known) return told;
  if (known.revision > told.revision) return known;
  if (told.timeline.length >= told.timeline_count) return told;
  const name = (event) => [event.at, event.kind, event.fact_id].join();
  const again = new Set(told.timeline.map(name));
  const older = known.timeline.filter((event) => !again.has(name(event)));
  const all = [...older, ...told.timeline], said = all.slice(0, -MOST_EVENTS).filter(isAboutPicture).slice(-1);
  return { ...told, timeline: [...said, ...all.slice(-MOST_EVENTS)] };
}

/** Lists of a case; one without hits is there for a finding about its plate. */
export const kindsOf = (one) => (one.list_kinds.length ? one.list_kinds : ["none"]);

const isAboutPicture = (event) => ABOUT_PICTURE.includes(event.kind);

/** All its readings are uncertain, and nobody has said anything of the picture that it shows now: an earlier one may be
 *  of another vehicle. The service lets nobody take it so. */
export const uncompared = (one) =>
  one.alert_class === "confirm" && one.hit_count > 0 &&
  !one.timeline.some((event) => isAboutPicture(event) && event.evidence === one.evidence);

/** The picture comes before anything else that can be done. */
export const mustCompare = (one) => isOpen(one) && uncompared(one);

/** What waits for that: of a case that nobody took everything, of another that somebody is sent after the vehicle. */
export const waits = (one, what) => mustCompare(one) && (one.state === "new" || SENDS.includes(what));

const REMARKS = {
  yes: "it is the plate that is wanted", no: "it is another plate", unsure: "the picture does not tell",
  none: "no picture to be seen",
}; // what an answer about the picture leaves in the case
const YES = { new: "acknowledge", closed: "reopen", false: "reopen" }; // where nobody deals with it
const NO = { new: "false", closed: "false" }; // of one that somebody took, another picture may have been of the vehicle
const SENDS = ["acknowledge", "pursue", "assign"];

/** What each answer about the picture does to the case as it stands. seen: whether there was one to be seen. */
export function comparison(one, seen) {
  const of = { picture: "compared", picture_of: lastSighting(one)?.fact_id ?? null };
  return {
    yes: { ...of, what: YES[one.state] ?? "note", text: REMARKS.yes },
    no: { ...of, what: NO[one.state] ?? "note", text: REMARKS.no },
    unsure: { ...of, what: "note", picture: seen ? "compared" : "none", text: seen ? REMARKS.unsure : REMARKS.none },
  };
}

/** A remark in words: that of a comparison in the reader's language, any other as it was written. */
export function remark(text) {
  const name = Object.keys(REMARKS).find((each) => REMARKS[each] === text);
  return name ? term(`compared_${name}`) : text;
}

/** Danger first, then by urgency of its lists, what nobody deals with before what somebody does, the newest first. */
export function byUrgency(one, other) {
  const marks = (given) => [
    given.old_only, !given.dangerous, given.priority, given.state !== "new", -seenAt(given),
  ];
  const [mine, its] = [marks(one), marks(other)];
  const at = mine.findIndex((mark, n) => mark !== its[n]);
  return at < 0 ? one.case_id.localeCompare(other.case_id) : mine[at] - its[at];
}

/** When the vehicle was seen last, ms. */
export const seenAt = (one) => Date.parse(one.last_seen_at ?? one.opened_at);

/** Danger, kinds, what has to happen first: small words in boxes, the weightiest first, but what stands beside them. */
export function chips(one, { danger = true, compare = true } = {}) {
  const made = kindsOf(one).map((kind) => el("span", { className: "chip" }, term(`kind_${kind}`)));
  if (compare && mustCompare(one)) made.unshift(el("span", { className: "chip compare" }, term("compare_first")));
  if (one.old_only) made.unshift(el("span", { className: "chip not-now" }, term("not_now")));
  if (danger && one.dangerous) made.unshift(el("span", { className: "chip urgent" }, term("danger")));
  return made;
}

/** Where the work stands and with whom, in words. */
export function standing(one) {
  const said = [term(`state_${one.state}`)];
  if (one.assigned_to) said.push(term("assigned", { who: one.assigned_to }));
  else if (isOpen(one) && one.state !== "new") said.push(takerOf(one));
  if (one.state === "new" && one.escalation) {
    said.push(term(one.escalation === 1 ? "escalated_one" : "escalated_many", { n: one.escalation }));
  }
  return said.filter(Boolean).join(", ");
}

/** Who took it last; empty: nobody that is still told. */
export function takerOf(one) {
  const took = one.timeline.findLast((event) => ["acknowledged", "pursuing", "reopened"].includes(event.kind));
  return took?.who ?? "";
}

/** Somebody deals with it, or was given it. */
export const isOf = (one, who) => one.assigned_to === who || (one.state !== "new" && takerOf(one) === who);

/** Last sighting of a case in its timeline, with its picture; undefined: none. */
export const lastSighting = (one) =>
  one.timeline.findLast((event) => event.captured_at && event.captured_at === one.last_captured_at) ??
  one.timeline.findLast((event) => event.captured_at);

/** One sentence of what may be wrong, for a message. */
export const refused = (problem) => `${term("not_done")} ${problem.message}`;

/** How many sightings came since somebody looked at the case in this tab; the first look counts none. */
export function newSince(one) {
  const seen = sessionStorage.getItem(`seen:${one.case_id}`);
  if (seen === null) noteSeen(one);
  return seen === null ? 0 : Math.max(0, one.hit_count - Number(seen));
}
export const noteSeen = (one) => sessionStorage.setItem(`seen:${one.case_id}`, one.hit_count);
