// What every page has: clock, connection, sound, language, light and dark, keys, messages, signing out.
// Other modules use `toast`, `confirmed`, `key`, `soundOn`, `keep` and `kept`, and tell the shell by events:
// "connection" {live, of} of each stream or call, by name.

import { del, t } from "./api.js";
import { byId, el } from "./dom.js";
import { left } from "./session.js";
import { clock, clockOff, now, seconds } from "./time.js";

const WRONG_S = 2; // a device's clock that is off by more is told
const KEPT = "kept:";
const listeners = new Map();

/** A message that goes by itself; kind "error" stays until it is closed. */
export function toast(text, kind = "info") {
  const close = el("button", { type: "button", className: "btn-quiet", onclick: () => box.remove() }, t("close"));
  const box = el("div", { className: `toast ${kind}` }, el("p", {}, text), close);
  byId("toasts").append(box);
  if (kind !== "error") setTimeout(() => box.remove(), 8_000);
  return box;
}

/** Asks before what cannot be undone. Returns a promise of true or false. */
export function confirmed(question, { yes = t("go_on"), danger = false } = {}) {
  const ask = el("dialog", { className: "dialog" },
    el("form", { method: "dialog" },
      el("p", {}, question),
      el("div", { className: "row end" },
        el("button", { value: "", className: "btn", autofocus: true }, t("cancel")),
        el("button", { value: "yes", className: danger ? "btn btn-danger" : "btn btn-primary" }, yes))));
  document.body.append(ask);
  ask.showModal();
  return new Promise((resolve) => ask.addEventListener("close", () => {
    ask.remove();
    resolve(ask.returnValue === "yes");
  }));
}

/** A key of this page, as `event.key` has it, with what it does in words: it is in the help under "?". */
export function key(name, text, act) {
  listeners.set(name, act);
  const dl = document.querySelector("#keys dl");
  dl.append(el("dt", {}, el("kbd", {}, name)), el("dd", {}, text));
}

/** What somebody typed, for this tab, over a reload or a new sign-in; `kept` gives it back once. */
export const keep = (name, value) => sessionStorage.setItem(KEPT + name, JSON.stringify(value));
export function kept(name) {
  const found = sessionStorage.getItem(KEPT + name);
  sessionStorage.removeItem(KEPT + name);
  return found ? JSON.parse(found) : null;
}

const typing = (target) => target.closest("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable], dialog") !== null;

function keys() {
  const help = byId("keys");
  key("?", t("keys_help"), () => help.showModal());
  byId("keys-open").addEventListener("click", () => help.showModal());
  const pages = [...document.querySelectorAll("nav a")];
  if (pages.length) key("1–9", t("keys_menu"), () => {});
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const page = /^[1-9]$/.test(event.key) ? pages[event.key - 1] : null;
    const act = page ? () => location.assign(page.href) : listeners.get(event.key);
    if (!act) return;
    event.preventDefault();
    act(event);
  });
}

function account() {
  const me = byId("me");
  document.addEventListener("click", (event) => { if (!me.contains(event.target)) me.open = false; });
  me.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !me.open) return;
    me.open = false;
    me.querySelector("summary").focus();
  });
  const signOut = byId("sign-out");
  if (!signOut) return;
  signOut.addEventListener("click", async () => {
    try {
      await del("/session");
      sessionStorage.clear();
      left();
      location.replace("/sign-in");
    } catch (problem) { toast(problem.message, "error"); }
  });
  signOut.disabled = false; // a click before this did nothing, and somebody would walk away signed in
}

const cookie = (name, value) => { document.cookie = `${name}=${value}; Path=/; Max-Age=31536000; SameSite=Lax`; };

function choices() {
  byId("themes").addEventListener("click", ({ target }) => {
    if (!target.value) return;
    cookie("theme", target.value);
    document.documentElement.dataset.theme = target.value;
    for (const one of byId("themes").querySelectorAll("button")) one.ariaPressed = String(one === target);
  });
  byId("languages").addEventListener("click", ({ target }) => {
    if (!target.value) return;
    cookie("language", target.value);
    document.dispatchEvent(new CustomEvent("reloading")); // pages keep what was typed
    location.reload();
  });
}

/** Whether this device is to make sounds: chosen once, on the device. */
export const soundOn = () => localStorage.getItem("sound") === "on";

function sound() {
  const button = byId("sound");
  if (!button) return;
  const show = () => {
    button.ariaPressed = String(soundOn());
    button.textContent = soundOn() ? button.dataset.on : button.dataset.off;
  };
  button.addEventListener("click", () => {
    localStorage.setItem("sound", soundOn() ? "off" : "on");
    show();
    document.dispatchEvent(new CustomEvent("sound", { detail: { on: soundOn() } })); // within the click: sounds may start
  });
  show();
}

function clocks() {
  const shown = byId("clock"), wrong = byId("clock-wrong");
  let told = "";
  const tick = () => {
    const text = seconds(new Date(now()));
    if (shown.textContent !== text) shown.textContent = text;
    const off = Math.round(clockOff());
    const say = Math.abs(clockOff()) > WRONG_S ? t("clock_wrong", { s: Math.abs(off) }) : "";
    if (say === told || (say && told && Math.abs(off) - wrong.dataset.s < 2 && Math.abs(off) - wrong.dataset.s > -2)) return;
    [told, wrong.dataset.s, wrong.textContent, wrong.hidden] = [say, Math.abs(off), say, !say];
  };
  tick();
  setInterval(tick, 500);
}

function connection() {
  const shown = byId("connection"), cut = new Map();
  let streams = false;
  document.addEventListener("connection", ({ detail }) => {
    if (detail.live) cut.delete(detail.of);
    else if (!cut.has(detail.of)) cut.set(detail.of, new Date(now()));
    streams ||= detail.of !== "api";
    const since = [...cut.values()].sort((one, other) => one - other)[0];
    const text = since ? t("cut", { time: clock(since) }) : t("live");
    if (shown.textContent !== text) shown.textContent = text;
    shown.classList.toggle("cut", Boolean(since));
    shown.hidden = !since && !streams;
  });
}

function leaving() {
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); }); // the back button
  document.addEventListener("signed-out", ({ detail }) => {
    if (!detail.until && !document.querySelector(".toast.signed-out")) toast(t("signed_out"), "error").classList.add("signed-out");
  });
}

keys();
account();
choices();
sound();
clocks();
connection();
leaving();
if (sessionStorage.getItem("tour") !== null) import("./tour.js");
