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

/** A button that shows all of the picture instead of the plate alone, where the platform keeps that. image: which. */
export function wholePicture(image) {
  if (document.querySelector("meta[name=frames]")?.content !== "kept") return "";
  const said = el("span", { className: "small muted", role: "status" });
  const show = ({ currentTarget: button }) => {
    const before = image.src;
    image.onload = () => button.remove();
    image.onerror = () => { said.textContent = term("picture_frame_none"); image.onerror = null; image.src = before; };
    image.src = `${before}?kind=frame`;
  };
  return el("span", {}, el("button", { type: "button", className: "btn-quiet link", onclick: show }, term("picture_frame")), said);
}
