// One open case in the list beside the live map. It stays the same element while its case changes: no picture is asked
// for twice, and what is in focus stays there.

import { t } from "./api.js";
import { chips, isOpen, lastSighting, mustCompare, newSince, seenAt, standing, term } from "./case_parts.js";
import { el, plate, written } from "./dom.js";
import { pictureOf, thumbnail } from "./pictures.js";
import { placeName } from "./places.js";
import { inWords } from "./sentences.js";
import { agoTime, exact } from "./time.js";

export class CaseRow {
  #picture = null;

  /** acts: {take(case), compare(case), open(case)}; the last returns whether it did something else than go there. */
  constructor(one, acts) {
    this.number = el("span", { className: "case-number", "aria-hidden": "true" });
    this.shot = el("span", { className: "thumb" });
    this.head = el("span", { className: "row" });
    this.where = el("span", { className: "case-where" });
    this.state = el("span", { className: "muted small" });
    this.link = el("a", { className: "case-link", href: `/cases/${one.case_id}` },
      this.number, this.shot, el("span", { className: "case-said" }, this.head, this.where, this.state));
    this.act = el("button", { type: "button", className: "btn" });
    this.element = el("li", { className: "case-row" }, this.link, this.act);
    this.link.addEventListener("click", (event) => { if (acts.open(this.one)) event.preventDefault(); });
    this.act.addEventListener("click", () => (mustCompare(this.one) ? acts.compare : acts.take)(this.one));
  }

  /** Shows this state of its case. cameras: as `loadCameras` gives them. */
  show(one, cameras) {
    this.one = one;
    const place = placeName(cameras, one.last_camera_id);
    this.element.classList.toggle("urgent", one.dangerous);
    this.element.classList.toggle("old", one.old_only);
    this.head.replaceChildren(plate(written(one)), ...chips(one, { compare: false }), news(one));
    this.where.replaceChildren(...whereabouts(one, place));
    this.state.textContent = standing(one);
    this.#showPicture(one, place);
    const asks = mustCompare(one);
    this.act.textContent = asks ? t("compare_short") : t("take");
    this.act.classList.toggle("btn-primary", asks || one.dangerous);
    this.act.hidden = !isOpen(one) || (one.state !== "new" && !asks);
  }

  setNumber(n) { this.number.textContent = n ?? ""; }

  #showPicture(one, place) {
    const seen = lastSighting(one), address = seen ? pictureOf(one, seen) : null;
    if (address === this.#picture && this.shot.hasChildNodes()) return;
    this.#picture = address;
    const alt = seen ? term("picture_of", { place, time: exact(seen.captured_at) }) : "";
    const fresh = thumbnail(address, alt);
    this.shot.replaceWith(fresh);
    this.shot = fresh;
  }
}

function news(one) {
  const n = newSince(one);
  return n ? el("span", { className: "chip news" }, term(n === 1 ? "new_one" : "new_many", { n })) : "";
}

/** Where and how long ago; of what is not now, in words that nobody can take for now. */
function whereabouts(one, place) {
  if (!one.last_seen_at) return [inWords(one.anomalies[0]?.detail) || term("never_seen")];
  const at = new Date(seenAt(one));
  if (one.old_only) return [term("not_now_at", { place, time: exact(at) })];
  return [el("strong", {}, agoTime(at)), ` · ${place}`];
}
