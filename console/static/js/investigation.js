// Investigation: who was at several scenes, who travels with whom, two ways side by side, what passed here.
// One reason stands above all questions; each question that is asked is a search of its own, recorded with it.

import { get, post, t } from "./api.js";
import { byId, el } from "./dom.js";
import { answers, busily, remember, tellFault, typed } from "./forms.js";
import { showCompanions, showCompared, showPlace, showScenes } from "./investigation_found.js";
import { makeMap } from "./map.js";
import { Scene, labelOf, within } from "./scenes.js";
import { keep, kept } from "./shell.js";
import { tabs } from "./tabs.js";
import { fromField, now, toField } from "./time.js";

const HOUR_MS = 3_600_000;
const DAYS_MS = 24 * HOUR_MS;
const MOST = { scenes: 200, place: 2_000, companions: 50 };
const why = byId("why");
let known = [], map = null, stopDrawing = null;

// ---- scenes

const scenes = [];
let picking = null;

function newScene() {
  return new Scene({
    cameras: () => known,
    onChange: () => { if (map) map.choose(onMap()); },
    onDraw: drawFor,
    onPick: (scene, on) => {
      if (on && picking && picking !== scene) picking.pick(false);
      picking = on ? scene : null;
      tellMap(on ? t("picking", { number: Math.max(1, scenes.indexOf(scene) + 1) }) : "");
    },
  });
}

const place = newScene();
const onMap = () => (shownTab === "place" ? place.ids : scenes.flatMap((one) => one.ids));

function tellMap(text) {
  const told = byId("map-told");
  told.textContent = text;
  told.hidden = !text;
}

function drawFor(scene) {
  if (!map) return;
  stopDrawing?.();
  stopDrawing = map.area((corners) => {
    const found = within(known, corners);
    tellMap(found.length ? "" : t("area_empty"));
    scene.add(found);
  });
}

function addScene() {
  const scene = newScene();
  const at = scenes.length;
  scenes.push(scene);
  scene.times(toField(now() - (2 + at) * HOUR_MS), toField(now() - (1 + at) * HOUR_MS));
  scene.part("remove").addEventListener("click", () => {
    scene.pick(false);
    scenes.splice(scenes.indexOf(scene), 1);
    scene.element.remove();
    numbered();
  });
  byId("scene-list").append(scene.element);
  numbered();
  return scene;
}

function numbered() {
  scenes.forEach((one, at) => one.number(at + 1, scenes.length > 2));
  const least = byId("least"), before = least.value;
  const some = Array.from({ length: Math.max(0, scenes.length - 2) }, (_, at) => at + 2);
  least.replaceChildren(el("option", { value: "" }, t("all_scenes")), ...some.map((count) => el("option", { value: String(count) }, t("of_scenes", { count }))));
  if (some.includes(Number(before))) least.value = before;
  if (map) map.choose(onMap());
}

byId("add-scene").addEventListener("click", () => addScene().part("camera").focus());
byId("in-order").addEventListener("change", ({ target }) => { byId("least").disabled = target.checked; });

// ---- questions

/** Why, as every question carries it; null: it is not said yet, and the field says so. */
function reasons() {
  if (why.reportValidity()) return typed(why);
  return null;
}

const context = () => ({ place: byId("found"), map, names: new Map(known.map((one) => [one.camera_id, one])) });

const SHOWS = {
  scenes: (found) => showScenes(context(), found, MOST.scenes),
  companions: (found) => showCompanions(context(), found),
  compare: (found) => showCompared(context(), found),
  place: (found) => showPlace(context(), found, MOST.place),
};

/** A question: its form, and what is asked of the platform; null: something is missing, and that is told. */
function question(id, bodyOf) {
  answers(byId(`${id}-form`), async (said) => {
    const because = reasons(), body = because && bodyOf(said);
    if (!body) return;
    await answer(id, () => post(`/investigations/${id}`, { ...because, ...body }));
  });
}

async function answer(id, ask) {
  byId("found").replaceChildren(el("p", { className: "muted" }, t("looking")));
  try {
    const found = await ask();
    SHOWS[id](found);
    history.replaceState(null, "", `#${id}=${found.search_id}`); // a reload shows it again while its search is open
  } catch (problem) {
    byId("found").replaceChildren(el("p", { className: "muted" }, t("nothing_yet")));
    throw problem;
  }
}

const times = (said) => ({ from: fromField(said.from), to: fromField(said.until) });
const sceneOf = ({ cameras, from, to }) => ({ area: { cameras }, from, to });

question("scenes", (said) => {
  const given = scenes.map((one) => one.value());
  const missing = given.indexOf(null);
  if (missing >= 0) { tellFault(byId("scenes-form"), t("scene_incomplete", { number: missing + 1 })); return null; }
  const least = said.least && !said.in_order ? { least: Number(said.least) } : {};
  return { scenes: given.map(sceneOf), in_order: Boolean(said.in_order), plate: said.plate ?? "*", limit: MOST.scenes, ...least };
});

question("companions", (said) => ({
  plate: said.plate, ...times(said), within_s: Number(said.within_s ?? 60), least: Number(said.least ?? 3),
  everybody: Boolean(said.everybody), limit: MOST.companions,
}));

question("compare", (said) => ({ plates: [said.first, said.second], ...times(said) }));

question("place", (said) => {
  const scene = place.value();
  if (!scene) { tellFault(byId("place-form"), t("scene_incomplete", { number: 1 })); return null; }
  const only = { ...(said.country && { countries: [said.country] }), ...(said.direction && { directions: [said.direction] }) };
  return { ...sceneOf(scene), plate: said.plate ?? "*", limit: MOST.place, ...only };
});

// ---- begin

const [, asked, before] = /^#(\w+)=([0-9a-f-]{36})$/.exec(location.hash) ?? [];
let shownTab = "scenes";
tabs(byId("questions"), (id) => {
  shownTab = id;
  picking?.pick(false);
  if (map) map.choose(onMap());
});
remember(why);
why.addEventListener("submit", (event) => event.preventDefault());
byId("place-scene").append(place.element);
place.number(0, false);
place.times(toField(now() - HOUR_MS), toField(now()));
for (const [name, back] of [["companions", 7], ["compare", 2]]) {
  byId(`${name}-from`).value ||= toField(now() - back * DAYS_MS);
  byId(`${name}-until`).value ||= toField(now());
}

try {
  known = (await get("/cameras")).cameras;
} catch (problem) { tellFault(byId("result"), problem.message); }
byId("known-cameras").append(...known.map((one) => el("option", { value: labelOf(one) })));
const typedBefore = kept("investigation:scenes");
for (const one of typedBefore?.scenes ?? [null, null]) {
  const scene = addScene();
  if (one) scene.restore(one);
}
if (typedBefore) place.restore(typedBefore.place);
for (const moment of ["reloading", "signed-out"]) {
  document.addEventListener(moment, () => keep("investigation:scenes", { scenes: scenes.map((one) => one.kept()), place: place.kept() }));
}
map = await makeMap(byId("map"));
map.cameras(known);
map.onCamera((camera) => picking?.toggle(camera));
map.choose(onMap());
map.fit();
if (asked in SHOWS) await busily(byId("result"), null, () => answer(asked, () => get(`/investigations/${before}`)));
