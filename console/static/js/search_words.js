// Searches in words: how a pattern was understood, how sure a read is, why something is shown.

import { t } from "./api.js";
import { written } from "./dom.js";
import { clock } from "./time.js";

/** How what was typed was understood, from the answer's alternatives. */
export function understoodWords(understood) {
  const said = understood.alternatives.map((one) => t(`form_${one.form}`, { places: one.written || placesWords(one.places) }));
  const text = said.join(` ${t("or")} `);
  return understood.misreads ? `${text}, ${t("with_misreads")}` : text;
}

function placesWords(places) {
  return places.map((one) => {
    if (one === "*") return "…";
    return one.length > 1 ? `(${[...one].join(` ${t("or")} `)})` : one;
  }).join("");
}

export const notesWords = (understood) => understood.notes.map((note) => t(`note_${note}`));

/** How sure the read is: {text, doubt}. */
export function surenessOf(passage) {
  const level = passage.certainty !== "sure" ? 1 : passage.confidence >= 0.9 ? 3 : passage.confidence >= 0.75 ? 2 : 1;
  return { text: `${t(`sure_${level}`)} (${percent(passage.confidence)})`, doubt: level === 1 };
}

const CHANCES = [[0.95, "chance_4"], [0.5, "chance_3"], [0.05, "chance_2"], [0, "chance_1"]];

/** Why it is shown. */
export function whyWords(passage) {
  switch (passage.match) {
    case "exact": return t("why_exact");
    case "fits": return t("why_fits");
    case "fits_alike": return t("why_look_alikes");
    case "held": return t("why_held");
    default: return `${t("why_misread", { how: passage.why })}; ${chanceWords(passage.probability)}`;
  }
}

export function chanceWords(probability) {
  if (probability === null) return "";
  return `${t(CHANCES.find(([least]) => probability >= least)[1])} (${percent(probability)})`;
}

const KM = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
export const kmWords = (metres) => t("km", { n: KM.format(metres / 1_000) });
export const percent = (share) => (share > 0 && share < 0.01 ? "< 1 %" : `${Math.round(share * 100)} %`);
export const placeWords = (camera) => camera?.name || camera?.camera_id || t("unknown_place");
export const directionWords = (passage) => (passage.direction ? t(passage.direction) : "");
export const altWords = (passage) => t("picture_of", { plate: written(passage), time: clock(passage.captured_at) });
