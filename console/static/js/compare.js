// A person compares the picture with the plate that is wanted, before anything else is done with an uncertain reading.

import { post } from "./api.js";
import { COMPARISON, lastSighting, readCase, refused, term } from "./case_parts.js";
import { el, plate } from "./dom.js";
import { pictureOf } from "./pictures.js";
import { exact } from "./time.js";

/** Asks, and does what follows from the answer. Returns the case as it then stands; null: nobody answered. */
export function compare(one, place) {
  return new Promise((resolve) => {
    const dialog = el("dialog", { className: "dialog compare-dialog", "aria-labelledby": "compare-title" });
    const said = el("p", { className: "error", role: "alert", hidden: true });
    const answers = Object.entries(COMPARISON).map(([name, done]) => answer(name, () => send(done)));
    let after = null;

    async function send(done) {
      for (const button of answers) button.disabled = true;
      dialog.classList.add("busy");
      try {
        after = readCase((await post(`/cases/${one.case_id}/actions`, done)).case);
        dialog.close();
      } catch (problem) {
        [said.textContent, said.hidden] = [refused(problem), false];
        for (const button of answers) button.disabled = false;
      } finally { dialog.classList.remove("busy"); }
    }

    dialog.append(
      el("h2", { id: "compare-title", tabIndex: -1 }, term("compare_title")),
      el("p", { className: "muted" }, term("compare_how")),
      el("div", { className: "compare-both" }, picture(one, place, answers), wanted(one)),
      said,
      el("div", { className: "compare-answers" }, ...answers),
      el("div", { className: "row end" },
        el("button", { type: "button", className: "btn-quiet", onclick: () => dialog.close() }, term("later"))));
    dialog.addEventListener("close", () => { dialog.remove(); resolve(after); });
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("h2").focus(); // not a button: the first key pressed must not be an answer
  });
}

function answer(name, act) {
  return el("button", { type: "button", className: "btn", onclick: act, dataset: { answer: name } },
    el("strong", {}, term(`compare_${name}`)), el("span", { className: "small" }, term(`compare_${name}_leads`)));
}

function wanted(one) {
  return el("section", { className: "stack" },
    el("h3", {}, term("compare_wanted")),
    ...one.listed_plates.map((text) => el("div", {}, largePlate(text))),
    one.listed_plates.length ? "" : largePlate(one.plate),
    el("p", {}, one.reason));
}

function largePlate(text) {
  const made = plate(text);
  made.classList.add("big");
  return made;
}

/** Large; without it nobody can say more than that they cannot tell. */
function picture(one, place, answers) {
  const seen = lastSighting(one);
  const needing = answers.filter((button) => button.dataset.answer !== "unsure");
  const figure = el("figure", { className: "compare-picture" });
  const none = () => {
    for (const button of needing) button.disabled = true;
    figure.replaceChildren(el("p", { className: "notice warn" }, term("compare_no_picture")));
  };
  const address = seen && pictureOf(one, seen);
  if (!address) { none(); return figure; }
  for (const button of needing) button.disabled = true;
  const words = { place, time: exact(seen.captured_at) };
  const coming = el("p", { className: "muted" }, term("picture_wait"));
  const seeing = () => {
    coming.remove();
    for (const button of needing) button.disabled = false;
  };
  figure.append(
    coming, el("img", { src: address, alt: term("picture_of", words), onerror: none, onload: seeing }),
    el("figcaption", { className: "muted" }, `${place}, ${words.time}`));
  return figure;
}
