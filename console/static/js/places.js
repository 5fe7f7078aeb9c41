// Cameras and patrols by name, for pages that speak of places.

import { get } from "./api.js";
import { term } from "./case_parts.js";

/** Camera → {name, position, police_zone, …}; those that have gone are missing. */
export async function loadCameras() {
  const { cameras } = await get("/cameras");
  return new Map(cameras.map((one) => [one.camera_id, one]));
}

/** What a camera is called; its identifier where nobody named it. */
export const placeName = (cameras, id) => cameras.get(id)?.name || id || term("unknown_place");

/** Position as maps want it, of a case's last sighting. */
export function lastPosition(one, cameras) {
  if (one.last_position) return { latitude: one.last_position.lat, longitude: one.last_position.lon };
  return cameras.get(one.last_camera_id)?.position ?? null;
}

/** Asks for patrols every few seconds while somebody sees the page. told(patrols), or told(null, problem). */
export function followPatrols(told, everyMs = 5_000) {
  const ask = async () => {
    if (document.visibilityState !== "visible") return;
    try { told((await get("/patrols")).patrols); } catch (problem) { told(null, problem); }
  };
  ask();
  return setInterval(ask, everyMs);
}
