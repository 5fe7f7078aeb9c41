// What happened to a case, the newest first, with the picture of each sighting.

import { t } from "./api.js";
import { remark, term } from "./case_parts.js";
import { byId, el } from "./dom.js";
import { pictureOf, thumbnail } from "./pictures.js";
import { placeName } from "./places.js";
import { inWords } from "./sentences.js";
import { exact, seconds } from "./time.js";

const MATCHES = ["exact", "misread", "pattern"];
const told = new Map(); // what is drawn stays: its picture is asked for once

export function showStory(one, cameras) {
  const hidden = one.timeline_count - one.timeline.length;
  byId("timeline-more").hidden = hidden <= 0;
  byId("timeline-more").textContent = t("timeline_more", { n: hidden });
  const lines = [...one.timeline].reverse().map((event) => {
    const name = [event.at, event.kind, event.fact_id].join();
    if (!told.has(name)) told.set(name, line(one, event, cameras));
    return told.get(name);
  });
  const list = byId("timeline");
  const same = lines.length === list.childElementCount && lines[0] === list.firstElementChild;
  if (!same) list.replaceChildren(...lines);
}

function line(one, event, cameras) {
  const place = event.camera_id ? placeName(cameras, event.camera_id) : "";
  const at = event.captured_at ?? event.at;
  return el("li", { className: `event ${event.kind}` },
    el("time", { dateTime: at, title: exact(at) }, event.kind === "sighted_late" ? exact(at) : seconds(at)),
    el("div", { className: "stack-tight" },
      el("div", {}, el("strong", {}, t(`event_${event.kind}`)), place ? ` · ${place}` : "", event.who ? ` · ${event.who}` : ""),
      said(event) ? el("div", { className: "muted small" }, said(event)) : ""),
    event.captured_at ? thumbnail(pictureOf(one, event), term("picture_of", { place, time: exact(at) })) : "");
}

/** What the program said of a sighting is a list of terms; what people wrote stays as it is. */
function said(event) {
  if (!event.captured_at) return event.who ? remark(event.text) : inWords(remark(event.text));
  return event.text.split(/[,;] /).map((word) => {
    if (MATCHES.includes(word)) return t(`match_${word}`);
    if (word === "alert") return term("sure");
    if (word === "confirm") return term("unsure");
    if (word.startsWith("late or found")) return term("not_now");
    return t(`case_terms.kind_${word}`).startsWith("case_terms.") ? word : term(`kind_${word}`);
  }).join(", ");
}
