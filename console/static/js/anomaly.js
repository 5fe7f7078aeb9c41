// One anomaly: what to compare side by side, what it means, and what comes next. Nobody is stopped on one alone.

import { get, post, t } from "./api.js";
import { isOpen, readCase, standing } from "./case_parts.js";
import { el, plate, written } from "./dom.js";
import { askedFor, busily, field } from "./forms.js";
import { kmWords, percent } from "./search_words.js";
import { inWords } from "./sentences.js";
import { toast } from "./shell.js";
import { clock, exact, seconds, span } from "./time.js";

const ROAD = 1.3; // along roads it is so much longer than in a straight line (pipeline/geo.py)
const AT_ONCE_S = 5; // clocks differ by so much (pipeline/travel.py)
const EXACT_S = 180; // up to here a minute more or less is much
const MIN_REASON = 8;

// ---- a plate on two vehicles

export function showClone(place, one, { nameOf, sure }) {
  const next = el("div", { className: "stack" });
  place.replaceChildren(
    el("div", { className: "row" }, el("h2", {}, plate(written(one)), " ", t("on_two_vehicles")), el("span", {}, t("sure", { sure }))),
    el("div", { className: "both" }, ...one.sightings.map((seen, at) => sighting(seen, at + 1, nameOf(seen.camera_id)))),
    el("p", {}, farWords(one)),
    el("p", { className: "notice warn small" }, t("compare")),
    el("h3", {}, t("next")), next);
  nextOfClone(next, one);
}

function sighting(seen, number, where) {
  const told = el("figcaption", {}, el("strong", {}, `${number}: ${where}`),
    el("time", { dateTime: seen.captured_at, title: exact(seen.captured_at) }, `${day(seen.captured_at)}${seconds(seen.captured_at)}`),
    el("div", { className: "muted" }, t("read_sure", { share: percent(seen.confidence) })));
  const none = (word) => el("div", { className: "none" }, t(word));
  const figure = el("figure", {}, seen.picture ? "" : none("case_terms.picture_none"), told);
  if (seen.picture) {
    const image = el("img", { src: seen.picture, alt: t("picture_of", { place: where, time: exact(seen.captured_at) }) });
    image.onerror = () => image.replaceWith(none("case_terms.picture_gone"));
    figure.prepend(image);
  }
  return figure;
}

/** The day where it is another than today's, before a time with seconds. */
const day = (moment) => (clock(moment).includes(" ") ? `${clock(moment).split(" ")[0]} ` : "");

function farWords(one) {
  if (one.distance_m === null || one.elapsed_s === null || one.needed_kmh === null) return inWords(one.detail);
  const km = kmWords(one.distance_m), road = kmWords(one.distance_m * ROAD);
  const gap = one.elapsed_s < EXACT_S ? `${Math.round(one.elapsed_s)} s` : span(one.elapsed_s);
  const apart = one.elapsed_s <= AT_ONCE_S ? t("at_once") : t("apart", { gap });
  return [t("far", { km, road, apart }), t("rests_on", { count: one.passages })].join(" ");
}

async function nextOfClone(place, one) {
  if (!one.case_id) { place.replaceChildren(el("p", {}, t("no_case"))); return; }
  await busily(place, null, async () => showCase(place, one, readCase((await get(`/cases/${one.case_id}`)).case)));
}

/** Its case: opened for the anomaly, or for hits too, and then more hangs on it than the anomaly. */
function showCase(place, one, held) {
  const open = el("a", { className: "btn btn-primary", href: `/cases/${one.case_id}` }, t("open_case"));
  const alone = held.hit_count === 0;
  const dismiss = el("button", { type: "button", className: "btn", onclick: () => dismissed(place, one) }, t("dismiss"));
  place.replaceChildren(
    el("div", { className: "row" },
      el("span", { className: "grow" }, t("case_stands", { id: one.case_id.slice(0, 8), state: standing(held) })),
      open, isOpen(held) && alone ? dismiss : ""),
    alone ? "" : el("p", { className: "small muted" }, t("case_has_hits")));
}

async function dismissed(place, one) {
  const reason = el("input", { name: "reason", required: true, minLength: MIN_REASON, maxLength: 300, autocomplete: "off" });
  const said = await askedFor(t("dismiss_title"), t("dismiss_text"), [field(t("dismiss_why"), reason)], t("dismiss_do"));
  if (!said) return;
  await busily(place, null, async () => {
    const after = await post(`/cases/${one.case_id}/actions`, { what: "false", text: said.reason });
    showCase(place, one, readCase(after.case));
    toast(t("dismissed"), "ok");
  });
}

// ---- a camera

export function showCamera(place, one, { nameOf, sure }) {
  const since = [exact(one.observed_at), one.ended_at ? exact(one.ended_at) : t("still")].join(" – ");
  place.replaceChildren(
    el("h2", {}, nameOf(one.camera_id)),
    el("p", { className: "row" }, el("span", { className: "chip warn" }, t(`cameras.${one.kind}`)), t("sure", { sure })),
    el("p", {}, since), el("p", {}, inWords(one.detail)),
    el("h3", {}, t("next")), el("p", {}, t(`cameras.do_${one.kind}`)),
    el("p", {}, el("a", { className: "btn", href: `/cameras#${encodeURIComponent(one.camera_id)}` }, t("to_camera"))));
}
