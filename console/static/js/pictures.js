// Pictures of a case's sightings, from the platform alone.

import { term } from "./case_parts.js";
import { el } from "./dom.js";

/** Address of a sighting's picture, the plate with a margin; null: none was kept. */
export const pictureOf = (one, event) =>
  event?.evidence ? `/api/v1/cases/${one.case_id}/pictures/${event.fact_id}` : null;

/** A small picture that comes when it is seen; words where there is none, or none any more. */
export function thumbnail(address, alt) {
  const box = el("span", { className: "thumb" });
  const say = (key) => box.replaceChildren(el("span", { className: "small muted" }, term(key)));
  if (!address) say("picture_none");
  else box.append(el("img", { src: address, alt, loading: "lazy", decoding: "async", onerror: () => say("picture_gone") }));
  return box;
}
