// What every answer to an investigator has: files to take along, and the audit number of its search.

import { file, t } from "./api.js";
import { byId, el } from "./dom.js";
import { busily } from "./forms.js";
import { toast } from "./shell.js";
import { clock } from "./time.js";

const FORMATS = ["csv", "geojson", "pdf"];

/** Head of an answer, shown in #result: what was found, and the files to take along. */
export function head(words, found) {
  const buttons = FORMATS.map((format) => {
    const button = el("button", { type: "button", className: "btn", onclick: () => take(found, format, button) }, format === "geojson" ? "GeoJSON" : format.toUpperCase());
    return button;
  });
  return el("div", { className: "found-head" }, el("h3", {}, words), el("span", { className: "muted" }, t("found_terms.export")), ...buttons);
}

async function take(found, format, button) {
  await busily(byId("result"), button, async () => {
    const { name, content } = await file(`/investigations/${found.search_id}/export?format=${format}`);
    const link = el("a", { href: URL.createObjectURL(content), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    toast(t("found_terms.export_note", { search: found.search_id }));
  });
}

/** Foot of an answer: its audit number, and until when it is shown. */
export const foot = (found) =>
  el("p", { className: "small muted" }, t("found_terms.open_until", { search: found.search_id, time: found.expires_at ? clock(found.expires_at) : "" }));
