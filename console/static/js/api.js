// Calls the platform's own API. Every failure is a Problem (RFC 9457) with a sentence for a person.
// Events on the document: "signed-out" (401; a listener may set detail.until to a promise of being signed in again,
// and the call is then repeated), "connection" {live} (does the platform answer).

import { heardClock } from "./time.js";

export class Problem extends Error {
  /** status 0: no answer. told: the whole problem, `code` among it where there is one. The message is in the language
   *  of the page where the code has words there, else as the platform says it. */
  constructor(status, detail, told = {}) { super(detail); this.status = status; this.told = told; this.code = told.code; }
}

const block = document.getElementById("words");
export const words = block ? JSON.parse(block.textContent) : {};
/** A word of the page; {n} in it is replaced by values.n. */
export const t = (key, values = {}) => (words[key] ?? key).replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

function csrf() {
  const found = document.cookie.split("; ").find((one) => one.startsWith("csrf="));
  return found ? decodeURIComponent(found.slice(5)) : "";
}

const tell = (name, detail) => { document.dispatchEvent(new CustomEvent(name, { detail })); return detail; };

async function ask(method, path, body, signal) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRF-Token"] = csrf();
  const form = body instanceof FormData; // the browser says its type, with the boundary
  if (body !== undefined && !form) headers["Content-Type"] = "application/json";
  const askedAt = Date.now();
  try {
    const answer = await fetch(`/api/v1${path}`, {
      method, headers, signal, body: body === undefined || form ? body : JSON.stringify(body),
    });
    heardClock(answer.headers.get("Date"), askedAt, Date.now());
    tell("connection", { live: true, of: "api" });
    return answer;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    tell("connection", { live: false, of: "api" });
    throw new Problem(0, t("no_answer"));
  }
}

async function answered(method, path, body, signal) {
  const answer = await ask(method, path, body, signal);
  if (answer.status !== 401) return answer;
  const { until } = tell("signed-out", { path, until: null });
  return until ? (await until, ask(method, path, body, signal)) : answer;
}

const inWords = ({ code, detail }) => (words[`code_${code}`] ? t(`code_${code}`, { detail: detail ?? "" }) : detail);

async function problemOf(answer) {
  const told = await answer.json().catch(() => ({}));
  if (answer.status === 429) return new Problem(429, t("too_often", { s: answer.headers.get("Retry-After") ?? "10" }), told);
  return new Problem(answer.status, inWords(told) ?? answer.statusText, told);
}

async function call(method, path, body, { signal } = {}) {
  const answer = await answered(method, path, body, signal);
  if (!answer.ok) throw await problemOf(answer);
  return answer.status === 204 ? null : answer.json();
}

export const get = (path, given) => call("GET", path, undefined, given);
export const post = (path, body, given) => call("POST", path, body, given);
export const put = (path, body, given) => call("PUT", path, body, given);
export const del = (path, given) => call("DELETE", path, undefined, given);

/** A file of the API, as a Blob with its name. */
export async function file(path) {
  const answer = await answered("GET", path);
  if (!answer.ok) throw await problemOf(answer);
  const name = /filename="?([^";]+)/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "export";
  return { name, content: await answer.blob() };
}
