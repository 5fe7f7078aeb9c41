// One vehicle: where it went, where it shows next, who is near. The list says all that the map shows.

import { get, t } from "./api.js";
import { byId, el, plate } from "./dom.js";
import { sortable } from "./table.js";
import { ago, agoTime, clock, exact, locale, span } from "./time.js";
import { kmWords, percent, placeWords, surenessOf } from "./search_words.js";

const FEW_MOVES = 20; // a prediction from fewer vehicles says so
const ODD = new Set(["impossible", "same_time"]);
const GAP_S = 1_800; // so long unseen, the line between two cameras is a guess

export class Follow {
  #asked = 0;

  constructor(map, onBack) {
    [this.map, this.onBack, this.box] = [map, onBack, byId("follow")];
  }

  /** Shows one passage's vehicle; what is slow comes when it comes. */
  async show(searchId, passage, on) {
    const asked = ++this.#asked;
    const where = `/searches/${searchId}`, about = `passage_id=${passage.passage_id}`;
    const parts = { next: el("div"), patrols: el("div"), route: el("div") }; // what is to be done first comes first
    this.#frame(passage, parts);
    const part = async (box, path, draw) => {
      box.replaceChildren(el("p", { className: "muted" }, t("loading")));
      try {
        const found = await get(`${where}/${path}`);
        if (asked === this.#asked) { box.replaceChildren(...draw(found)); this.map.fit(); }
      } catch (problem) {
        if (problem.status === undefined) throw problem;
        if (asked === this.#asked) box.replaceChildren(el("p", { className: "notice danger", role: "alert" }, problem.message));
      }
    };
    const patrols = (query) => part(parts.patrols, `patrols?${query}`, (found) => this.#patrols(found));
    await Promise.all([
      part(parts.route, `route?${about}`, (found) => this.#route(found, on)),
      part(parts.next, `next-cameras?${about}`, (found) => this.#next(found, (camera) => patrols(`camera_id=${encodeURIComponent(camera.camera_id)}`))),
      patrols(about),
    ]);
  }

  close() {
    this.#asked++;
    this.box.hidden = true;
    byId("found").hidden = false;
    byId("times").classList.remove("aside");
  }

  #frame(passage, parts) {
    const back = el("button", { type: "button", className: "btn", onclick: () => this.onBack() }, `← ${t("back_to_results")}`);
    const block = (name) => el("section", { "aria-labelledby": `follow-${name}` }, el("h2", { id: `follow-${name}` }, t(name)), parts[name]);
    this.box.replaceChildren(el("div", { className: "row" }, back, plate(passage.plate_display, passage.country), agoTime(passage.captured_at)), ...Object.keys(parts).map(block));
    byId("found").hidden = true;
    this.box.hidden = false;
    this.box.scrollTop = 0;
    back.focus();
    byId("times").classList.add("aside");
    for (const layer of ["route", "next", "patrols"]) this.map[layer]([]);
    this.map.sightings([{ ...passage, position: passage.camera.position }]); // until the way is there
  }

  #route({ passages, legs, odd }, on) {
    if (!passages.length) return [el("p", { className: "muted" }, t("route_none"))];
    const led = new Map(legs.map((leg) => [leg.end, leg])), strange = new Set(odd);
    const way = passages.map((one, at) => {
      const leg = led.get(one.passage_id);
      return { ...one, position: one.camera.position, number: at + 1, leg, gap: leg?.gap_s > GAP_S, odd: ODD.has(leg?.flag) || strange.has(one.passage_id) };
    });
    this.map.route(way);
    this.map.sightings(way.toReversed()); // the newest is told on the map
    const list = el("ol", { className: "way" });
    for (const one of way.toReversed()) list.append(...this.#stop(one, on)); // the newest first: it is what matters now
    return [list];
  }

  #stop(one, on) {
    const sure = surenessOf(one);
    const stop = el("li", {}, el("span", { className: "dot" }, String(one.number)),
      el("div", {}, el("strong", {}, placeWords(one.camera)), " ",
        el("time", { dateTime: one.captured_at, title: exact(one.captured_at) }, clock(one.captured_at)), " ",
        one.late ? el("span", { className: "chip warn" }, t("late")) : "",
        one.pictures.crop ? el("button", { type: "button", className: "btn-quiet", onclick: () => on.picture(one) }, t("picture_plate")) : "",
        el("div", { className: "muted small" }, [one.direction ? t(one.direction) : "", sure.text].filter(Boolean).join(" · "))));
    return one.leg ? [stop, this.#leg(one)] : [stop];
  }

  #leg({ leg, gap, odd }) {
    const words = [
      t("leg_after", { gap: span(leg.gap_s) }),
      leg.road_m ? kmWords(leg.road_m) : "",
      leg.road_m && leg.speed_kmh && leg.flag !== "long_stop" ? t("leg_speed", { speed: Math.round(leg.speed_kmh) }) : "",
      leg.flag ? t(`flag_${leg.flag}`) : "",
    ];
    return el("li", { className: `leg ${odd ? "odd" : gap ? "gap" : ""}` }, words.filter(Boolean).join(" · "));
  }

  #next({ seen, too_old: old, outcomes, observations, at_this_hour: hour }, toPatrols) {
    if (!seen) return [el("p", { className: "muted" }, t("route_none"))];
    if (old) return [el("p", { className: "notice" }, t("next_too_old", { ago: ago(seen.captured_at) }))];
    if (!outcomes.length) return [el("p", { className: "muted" }, t("next_none"))];
    this.map.next(outcomes.filter((one) => one.camera).map((one) => ({
      position: one.camera.position, name: placeWords(one.camera), probability: one.probability, when: one.expected_at ? clock(one.expected_at) : "",
    })));
    const table = el("table", { className: "table" });
    sortable(table, [
      { title: t("next_camera"), cell: (one) => whither(one, toPatrols) },
      { title: t("next_chance"), cell: (one) => chance(one.probability), by: (one) => one.probability },
      { title: t("next_when"), cell: (one) => expected(one), by: (one) => one.expected_at },
      { title: t("next_between"), cell: (one) => (one.expected_from ? `${clock(one.expected_from)} – ${clock(one.expected_until)}` : "") },
    ]).show(outcomes);
    const rests = t("next_rests", { n: observations.toLocaleString(locale), hour: hour.toLocaleString(locale) });
    return [table, el("p", { className: "muted small" }, observations < FEW_MOVES ? `${rests} ${t("next_few")}` : rests)];
  }

  #patrols({ near, patrols }) {
    this.map.patrols(patrols);
    if (!patrols.length) return [el("p", { className: "muted" }, t("patrol_none"))];
    const table = el("table", { className: "table" }, el("caption", {}, placeWords(near)));
    sortable(table, [
      { title: t("patrol"), cell: (one) => el("strong", {}, one.patrol_id), by: (one) => one.patrol_id },
      { title: t("patrol_distance"), cell: (one) => kmWords(one.distance_m), by: (one) => one.distance_m },
      { title: t("patrol_drive"), cell: (one) => span(one.drive_s), by: (one) => one.drive_s },
      { title: t("patrol_position"), cell: (one) => position(one), by: (one) => one.age_s },
    ]).show(patrols);
    return [table];
  }
}

function whither(one, toPatrols) {
  if (one.what === "not_seen") return t("next_not_seen");
  if (one.what === "elsewhere") return t("next_elsewhere");
  const name = placeWords(one.camera);
  return el("button", { type: "button", className: "btn-quiet link", title: `${t("patrols")}: ${name}`, onclick: () => toPatrols(one.camera) }, name);
}

function chance(probability) {
  return el("span", { className: "bar-cell" }, el("meter", { min: 0, max: 1, value: probability, "aria-hidden": "true" }), percent(probability));
}

function expected(one) {
  if (!one.expected_at) return "";
  return el("span", {}, clock(one.expected_at), one.overdue ? el("span", { className: "chip warn" }, t("next_overdue")) : "");
}

function position(one) {
  const told = agoTime(one.fixed_at);
  return one.stale ? el("span", {}, told, " ", el("span", { className: "chip warn" }, t("patrol_stale"))) : told;
}
