// Calls the platform's own API. Every failure is a Problem (RFC 9457) with a sentence for a person.

export class Problem extends Error {
  constructor(status, detail) { super(detail); this.status = status; }
}

function csrf() {
  const found = document.cookie.split("; ").find((one) => one.startsWith("csrf="));
  return found ? decodeURIComponent(found.slice(5)) : "";
}

async function call(method, path, body) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRF-Token"] = csrf();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(`/api/v1${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch { throw new Problem(0, words["no_answer"] ?? "The platform does not answer."); }
  if (answer.status === 401) { document.dispatchEvent(new CustomEvent("signed-out")); }
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({ detail: answer.statusText }));
    throw new Problem(answer.status, told.detail);
  }
  return answer.status === 204 ? null : answer.json();
}

const block = document.getElementById("words");
export const words = block ? JSON.parse(block.textContent) : {};
export const t = (key) => words[key] ?? key;
export const get = (path) => call("GET", path);
export const post = (path, body) => call("POST", path, body);
export const put = (path, body) => call("PUT", path, body);
export const del = (path) => call("DELETE", path);
