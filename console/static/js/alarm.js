// Tones that call somebody to the screen. Nothing sounds before a person has switched the sound on, in the shell.

import { soundOn } from "./shell.js";

const REST_MS = 1_500; // between two tones, however much happens
const TONES = {
  danger: [[880, 0, 0.16], [660, 0.2, 0.16], [880, 0.4, 0.16], [660, 0.6, 0.22]],
  case: [[587, 0, 0.14], [784, 0.17, 0.22]],
  again: [[587, 0, 0.1]],
}; // [Hz, begins after s, lasts s]

let context = null;
let lastAt = -REST_MS;
let lastWhat = "";

/** Whether tones are heard now: a browser wants a click or key on the page first, even where the sound is on. */
export const soundIsHeard = () => soundOn() && context?.state === "running";

/** Calls `act` when tones begin or cease to be heard. */
export function onSound(act) { told.add(act); }
const told = new Set();
const say = () => told.forEach((act) => act());

function wake() {
  if (!context) {
    context = new AudioContext();
    context.addEventListener("statechange", say);
  }
  if (context.state === "suspended") context.resume();
  else say();
}

document.addEventListener("sound", ({ detail }) => {
  if (detail.on) wake();
  say();
});
for (const gesture of ["pointerdown", "keydown"]) {
  document.addEventListener(gesture, () => { if (soundOn()) wake(); }, { capture: true, passive: true });
}

/** Sounds `danger`, `case` or `again`; says nothing twice within a moment, except that danger follows anything. */
export function ring(what) {
  const now = performance.now();
  const quiet = now - lastAt < REST_MS && !(what === "danger" && lastWhat !== "danger");
  if (!soundIsHeard() || quiet) return false;
  [lastAt, lastWhat] = [now, what];
  for (const [hertz, after, lasts] of TONES[what]) tone(hertz, context.currentTime + after, lasts);
  return true;
}

function tone(hertz, begins, lasts) {
  const source = new OscillatorNode(context, { type: "triangle", frequency: hertz });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, begins);
  gain.gain.linearRampToValueAtTime(0.3, begins + 0.015); // no click at its edges
  gain.gain.setValueAtTime(0.3, begins + lasts - 0.03);
  gain.gain.linearRampToValueAtTime(0, begins + lasts);
  source.connect(gain).connect(context.destination);
  source.start(begins);
  source.stop(begins + lasts);
}

/** Draws the eye to an element for a moment; the style says how, and holds still for who wants that. */
export function flash(element, what) {
  element.dataset.flash = what;
  element.addEventListener("animationend", () => delete element.dataset.flash, { once: true });
}
