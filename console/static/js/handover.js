// What is read out on the radio, in the language of who listens.

import { get, t } from "./api.js";
import { byId } from "./dom.js";

/** Returns {show(case), copy()}. */
export function startHandover() {
  const box = byId("handover"), choice = byId("handover-languages");
  let language = document.documentElement.lang;
  let known = null;

  async function show(one) {
    known = one;
    const wanted = language;
    const { sentences } = await get(`/cases/${one.case_id}/handover?language=${wanted}`);
    if (wanted === language) [box.lang, box.textContent] = [wanted, sentences.join("\n")];
  }

  async function copy() {
    try {
      await navigator.clipboard.writeText(box.textContent);
      byId("copied").textContent = t("copied");
    } catch { // a browser gives it to pages of https or of this machine only
      getSelection().selectAllChildren(box);
      byId("copied").textContent = t("copy_by_hand");
    }
  }

  choice.addEventListener("click", async ({ target }) => {
    if (!target.value || !known) return;
    language = target.value;
    for (const one of choice.querySelectorAll("button")) one.ariaPressed = String(one === target);
    try { await show(known); } catch (problem) { box.textContent = problem.message; }
  });
  byId("copy").addEventListener("click", copy);
  return { show, copy };
}
