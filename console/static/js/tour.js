// The guided tour: a strip above the real pages that says what to do next, and sees when it is done.
// Where somebody is in it stays with the tab; the shell loads this module while that is so.

import { byId, el } from "./dom.js";

const KEY = "tour";
const LOOK_MS = 300;

const stepNow = () => Number(sessionStorage.getItem(KEY));
const here = () => location.pathname + location.search;
let wentBackAt; // the address at which somebody went a step back: it shows that this step is done, and they know

/** Draws the strip of one step over all of the page. */
function show(told) {
  const at = Math.min(stepNow(), told.steps.length - 1), step = told.steps[at], last = at === told.steps.length - 1;
  const go = (to) => { sessionStorage.setItem(KEY, to); show(told); };
  const button = (text, act, kind = "btn") => el("button", { type: "button", className: kind, onclick: act }, text);
  const fill = (text) => text.replace("{n}", at + 1).replace("{of}", told.steps.length);
  const strip = el("aside", { id: "tour", className: "tour", "aria-label": told.words.title, "aria-live": "polite" },
    el("span", { className: "step" }, fill(told.words.step_of)),
    el("h2", {}, step.title),
    el("p", {}, step.text),
    el("div", { className: "row" },
      at > 0 ? button(told.words.back, () => { wentBackAt = here(); go(at - 1); }) : "",
      last ? "" : button(told.words.next, () => go(at + 1), "btn btn-primary"),
      button(told.words.end, end)));
  byId("tour")?.remove();
  byId("content").before(strip);
}

function end() {
  sessionStorage.removeItem(KEY);
  byId("tour")?.remove();
}

/** Goes on by itself where the address shows that a step is done. */
function look(told) {
  if (sessionStorage.getItem(KEY) === null) return;
  const until = told.steps[stepNow()]?.until;
  if (!until || here() === wentBackAt || !new RegExp(until).test(here())) return;
  sessionStorage.setItem(KEY, stepNow() + 1);
  show(told);
}

async function lead() {
  const answer = await fetch("/tour/steps", { headers: { Accept: "application/json" }, redirect: "manual" });
  if (!answer.ok) return;
  const told = await answer.json();
  if (!told.steps.length) return end();
  document.head.append(el("link", { rel: "stylesheet", href: "/static/css/tour.css" }));
  show(told);
  setInterval(() => look(told), LOOK_MS);
}

const begin = byId("tour-begin");
begin?.addEventListener("click", ({ target }) => {
  if (sessionStorage.getItem(KEY) !== null && byId("tour")) return;
  target.disabled = true;
  sessionStorage.setItem(KEY, 0);
  lead();
});
if (begin) begin.disabled = false; // before, a press would have done nothing
if (sessionStorage.getItem(KEY) !== null) lead();
