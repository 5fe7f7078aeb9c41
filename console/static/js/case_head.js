// What a case is and how dangerous, first; then what is known of it.

import { t } from "./api.js";
import { chips, isOpen, remark, seenAt, standing, term } from "./case_parts.js";
import { byId, el, plate, written } from "./dom.js";
import { placeName } from "./places.js";
import { inWords } from "./sentences.js";
import { entitle } from "./session.js";
import { agoTime, exact, seconds } from "./time.js";

const SHORT = 8; // digits of an identifier that are shown

export function showHead(one, cameras) {
  const place = placeName(cameras, one.last_camera_id);
  entitle(`${t("title")} ${one.case_id.slice(0, SHORT)}`); // never the plate: titles stay in histories and lists of windows
  byId("danger").hidden = !one.dangerous;
  byId("shown").classList.toggle("dangerous", one.dangerous);
  const large = plate(written(one));
  large.classList.add("big");
  byId("plate").replaceChildren(large);
  byId("chips").replaceChildren(...chips(one, { danger: false })); // a band says it
  byId("state").textContent = standing(one);
  say("instruction", one.instruction ? term(`instruction_${one.instruction}`) : "");
  say("not-now", one.old_only ? t("not_now_banner", { place, time: exact(seenAt(one)) }) : "");
  const ended = { state: term(`state_${one.state}`), how: term(`how_${one.closed_how ?? "person"}`) };
  say("over", isOpen(one) ? "" : t("over_banner", ended));
  byId("facts").replaceChildren(...facts(one, place));
}

function say(id, text) {
  byId(id).textContent = text;
  byId(id).hidden = !text;
}

function facts(one, place) {
  const known = [
    [t("last_seen"), lastSeen(one, place)],
    [t("reason"), one.reason],
    [t("listed_as"), one.listed_plates_display.join(", ")],
    [t("sure"), one.probability === null ? "" : t("sureness", { p: percent(one.probability) })],
    [t("owner"), one.owners.join(", ")],
    ...one.anomalies.map((found) => [t("anomalies"), inWords(found.detail) || found.kind]),
    [t("text"), remark(one.note)],
    [t("title"), one.case_id.slice(0, SHORT)],
  ];
  return known.filter(([, text]) => text).flatMap(([name, text]) => [el("dt", {}, name), el("dd", {}, text)]);
}

/** Of what is not now: the place and the full date, never how long ago alone. */
function lastSeen(one, place) {
  if (!one.last_seen_at) return term("never_seen");
  if (one.old_only) return term("not_now_at", { place, time: exact(seenAt(one)) });
  return el("span", {}, el("strong", {}, place), ` · ${seconds(seenAt(one))} · `, agoTime(seenAt(one)));
}

/** Never 100 %: nothing is read for certain. */
export const percent = (p) => (p > 0.99 ? "> 99 %" : p < 0.01 ? "< 1 %" : `${Math.round(100 * p)} %`);
