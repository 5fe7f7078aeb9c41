// The browser's own session: tells that somebody is here, locks where nobody is, and lets the same person go on where
// it was. A call that found the session locked or over waits here (api.js, "signed-out") and is made again.

import { t } from "./api.js";
import { byId, el } from "./dom.js";
import { now } from "./time.js";

const TOLD_EVERY_MS = 30_000;
const SIGNS = ["pointerdown", "pointermove", "keydown", "wheel"];
const channel = new BroadcastChannel("session"); // other tabs of this browser
let held = null; // as GET /session told
let officer = null; // whose page this is
let closed = null; // while it is locked: {dialog, promise, resolve, title}
let way = "password"; // how they signed in
let timer = 0, toldAt = 0;

async function ask(method, path, body) {
  const csrf = document.cookie.split("; ").find((one) => one.startsWith("csrf="))?.slice(5) ?? "";
  const headers = { Accept: "application/json", "X-CSRF-Token": csrf, ...(body && { "Content-Type": "application/json" }) };
  try {
    const answer = await fetch(`/api/v1/session${path}`, { method, headers, body: body && JSON.stringify(body) });
    const told = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
    return { status: answer.status, told, after: answer.headers.get("Retry-After") };
  } catch { return { status: 0, told: {} }; }
}

/** Looks whether the session still holds; what the server says counts, not this page's timer. */
async function look() {
  const { status, told } = await ask("GET", "");
  if (status === 401) { held = null; return lock(); }
  if (status !== 200) return wait(10_000); // no answer: the page says so itself
  return took(told);
}

function took(told) {
  officer ??= told.officer;
  if (told.officer !== officer) return location.replace("/"); // somebody else signed in: nothing of this page is theirs
  [held, way] = [told, told.way];
  accountLink();
  if (told.locked) return lock();
  open();
  return wait(Math.min(Date.parse(told.idle_at), Date.parse(told.ends_at)) - now() + 500);
}

function wait(ms) {
  clearTimeout(timer);
  timer = setTimeout(look, Math.max(1_000, ms));
}

async function here() {
  if (closed || Date.now() - toldAt < TOLD_EVERY_MS) return;
  toldAt = Date.now();
  const { status, told } = await ask("POST", "/activity");
  if (status === 200) took(told);
  else if (status === 401) look();
}

/** Hides the page and asks for the password. Returns a promise of being in again. */
export function lock() {
  if (closed) return closed.promise;
  clearTimeout(timer);
  let resolve;
  const promise = new Promise((done) => { resolve = done; });
  closed = { dialog: makeDialog(), promise, resolve, title: document.title };
  document.documentElement.classList.add("locked");
  document.title = t(held ? "session_locked" : "session_over");
  document.body.append(closed.dialog);
  closed.dialog.showModal();
  channel.postMessage({ looked: true });
  return promise;
}

function open() {
  if (!closed) return;
  const { dialog, resolve, title } = closed;
  closed = null;
  document.documentElement.classList.remove("locked");
  document.title = title;
  dialog.close();
  dialog.remove();
  resolve();
  document.dispatchEvent(new CustomEvent("unlocked")); // streams that ended begin again
}

/** The name of this page in its tab; of a locked one nobody is told what it is about, and it has its name afterwards. */
export function entitle(title) {
  if (closed) closed.title = title;
  else document.title = title;
}

/** What opens while the page is locked does not lie above the lock: that one closes, and by that comes back on top. */
function keepOnTop({ target }) {
  if (closed && target !== closed.dialog && target.matches("dialog[open]")) closed.dialog.close();
}

function makeDialog() {
  const dialog = el("dialog", { className: "dialog lock", "aria-labelledby": "lock-title" },
    el("h2", { id: "lock-title" }, held ? t("session_locked") : t("session_over")),
    el("p", { className: "muted" }, held ? t("session_locked_why") : t("session_over_why")),
    way === "oidc" ? elsewhere() : form());
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.addEventListener("close", () => { if (closed?.dialog === dialog) dialog.showModal(); }); // Escape, twice
  return dialog;
}

function field(id, label, given) {
  return el("div", { className: "field" }, el("label", { htmlFor: id }, label), el("input", { id, ...given }));
}

function form() {
  const error = el("p", { className: "notice danger", role: "alert", hidden: true });
  const button = el("button", { type: "submit", className: "btn btn-primary" }, t("session_unlock"));
  const made = el("form", { className: "stack" },
    field("lock-name", t("session_name"), { value: officer ?? "", readOnly: true, autocomplete: "username" }),
    field("lock-password", t("session_password"), { type: "password", required: true, autocomplete: "current-password", autofocus: true }),
    held?.second_factor ? field("lock-code", t("session_code"), { inputMode: "numeric", autocomplete: "one-time-code" }) : "",
    error,
    el("div", { className: "row end" }, el("a", { href: "/sign-in", className: "btn" }, t("session_other")), button));
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    const why = await enter(byId("lock-password").value, byId("lock-code")?.value ?? "");
    button.disabled = false;
    [error.textContent, error.hidden] = [why, !why];
    if (why) byId("lock-password").select();
  });
  return made;
}

/** Empty: in again; else why not. */
async function enter(password, code) {
  let answer = held ? await ask("POST", "/unlock", { password, code }) : null;
  if (!answer || answer.told.code === "signed_out") answer = await ask("POST", "", { officer, password, code });
  if (answer.status === 200) {
    took(answer.told);
    channel.postMessage({ looked: true });
    return "";
  }
  if (answer.status === 429) return t("session_later", { s: answer.after });
  return { wrong: t("session_wrong"), unregistered: t("session_unregistered") }[answer.told.code] ?? t("session_away");
}

/** At the organisation's provider, in a window of its own: this page stays as it is. */
function elsewhere() {
  const link = { href: "/sign-in/begin?next=/sign-in/done", target: "anpr-sign-in", className: "btn btn-primary" };
  return el("div", { className: "row end" }, el("a", link, t("session_elsewhere")));
}

/** Signed out here: the other tabs show nothing more either. */
export function left() { channel.postMessage({ left: true }); }

function lockButton() {
  const button = el("button", { id: "lock-now", type: "button", className: "btn" }, t("session_lock"));
  button.addEventListener("click", async () => { await ask("POST", "/lock"); byId("me").open = false; look(); });
  byId("sign-out").before(button);
}

/** Only where passwords of ours count. */
function accountLink() {
  if (way !== "password" || byId("account-link")) return;
  byId("lock-now").before(el("a", { id: "account-link", href: "/account", className: "btn" }, t("session_account")));
}

function begin() {
  officer = byId("sign-out").dataset.officer ?? null;
  document.addEventListener("signed-out", ({ detail }) => { detail.until ??= held ? lookAndLock() : lock(); }, true);
  channel.addEventListener("message", ({ data }) => { if (data.left) location.replace("/sign-in"); else look(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); }); // timers sleep with the device
  document.addEventListener("toggle", keepOnTop, true);
  for (const sign of SIGNS) document.addEventListener(sign, here, { passive: true, capture: true });
  lockButton();
  look();
}

/** A call was refused: hide at once, then find out whether the session is locked or over. */
function lookAndLock() {
  const promise = lock();
  look();
  return promise;
}

if (document.body.dataset.page === "signin" && document.body.querySelector("[data-done]")) {
  channel.postMessage({ looked: true });
  window.close();
} else if (byId("sign-out")) begin();
