// A person compares the picture with the plate that is wanted, before anything else is done with an uncertain reading.

import { post } from "./api.js";
import { comparison, lastSighting, readCase, refused, term } from "./case_parts.js";
import { el, plate, written } from "./dom.js";
import { pictureOf, wholePicture } from "./pictures.js";
import { exact } from "./time.js";

/** Asks, and does what follows from the answer. Returns the case as it then stands; null: nobody answered. */
export function compare(one, place) {
  return new Promise((resolve) => {
    const dialog = el("dialog", { className: "dialog compare-dialog", "aria-labelledby": "compare-title" });
    const said = el("p", { className: "error", role: "alert", hidden: true });
    const leads = Object.entries(comparison(one, true));
    const answers = leads.map(([name, { what }]) => answer(name, what, () => send(name)));
    const shot = picture(one, place, answers);
    let after = null;

    async function send(name) {
      if (dialog.classList.contains("busy")) return; // the picture came while an answer was on its way
      for (const button of answers) button.disabled = true;
      dialog.classList.add("busy");
      try {
        const done = comparison(one, shot.isSeen())[name];
        after = readCase((await post(`/cases/${one.case_id}/actions`, done)).case);
        dialog.close();
      } catch (problem) {
        [said.textContent, said.hidden] = [refused(problem), false];
        for (const button of answers) button.disabled = !shot.isSeen() && button.dataset.answer !== "unsure";
      } finally { dialog.classList.remove("busy"); }
    }

    dialog.append(
      el("h2", { id: "compare-title", tabIndex: -1 }, term("compare_title")),
      el("p", { className: "muted" }, term("compare_how")),
      el("div", { className: "compare-both" }, shot.figure, wanted(one)),
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

function answer(name, what, act) {
  return el("button", { type: "button", className: "btn", onclick: act, dataset: { answer: name } },
    el("strong", {}, term(`compare_${name}`)), el("span", { className: "small" }, term(`compare_leads_${what}`)));
}

function wanted(one) {
  return el("section", { className: "stack" },
    el("h3", {}, term("compare_wanted")),
    ...one.listed_plates_display.map((text) => el("div", {}, largePlate(text))),
    one.listed_plates_display.length ? "" : largePlate(written(one)),
    el("p", {}, one.reason));
}

function largePlate(text) {
  const made = plate(text);
  made.classList.add("big");
  return made;
}

/** Large; without it nobody can say more than that they cannot tell. Returns the figure, and whether it is seen. */
function picture(one, place, answers) {
  const seen = lastSighting(one), address = seen && pictureOf(one, seen);
  const needing = answers.filter((button) => button.dataset.answer !== "unsure");
  const figure = el("figure", { className: "compare-picture" });
  let isSeen = false;
  const allow = (may) => {
    isSeen = may;
    for (const button of needing) button.disabled = !may;
  };
  const none = () => {
    allow(false);
    figure.replaceChildren(el("p", { className: "notice warn" }, term("compare_no_picture")));
  };
  allow(false);
  if (address) figure.append(...coming(address, place, exact(seen.captured_at), { none, come: () => allow(true) }));
  else none();
  return { figure, isSeen: () => isSeen };
}

function coming(address, place, time, { none, come }) {
  const wait = el("p", { className: "muted" }, term("picture_wait"));
  const onload = () => { wait.remove(); come(); };
  const image = el("img", { src: address, alt: term("picture_of", { place, time }), onerror: none, onload });
  return [wait, image, el("figcaption", { className: "muted" }, `${place}, ${time} `, wholePicture(image))];
}
