// A stream of server-sent events that mends itself. It is read by fetch, not by EventSource: that one hides the life
// signs, so that a dead line looks alive, and keeps to itself why the platform refused.

import { now } from "./time.js";

const SILENT_MS = 20_000; // without a sign of life, which the platform gives every 15 s, a line is dead
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/** Takes pieces of text as they come, gives the events and life signs in them. */
export class EventReader {
  #rest = "";

  /** Events {type, data, id, retry} that this piece completes; a life sign has no data. */
  take(piece) {
    const blocks = (this.#rest + piece).split(/\r\n\r\n|\n\n|\r\r/);
    this.#rest = blocks.pop();
    return blocks.map(read);
  }
}

function read(block) {
  const told = { type: "message", data: [], id: null, retry: null };
  for (const line of block.split(/\r\n|\n|\r/)) {
    const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (name === "event") told.type = value;
    else if (name === "data") told.data.push(value);
    else if (name === "id") told.id = value;
    else if (name === "retry") told.retry = Number(value) || null;
  }
  return { ...told, data: told.data.length ? told.data.join("\n") : null };
}

/** Opens `path` of the API until `close`.
 *
 * onEvent(type, data): an event, its data parsed. onState({live, since, again, detail}): whether it flows now. `since`:
 * when it was cut off; `again`: it was, and what happened meanwhile may be missing; `detail`: why it was refused.
 * whileHidden: go on when nobody sees the page; a browser opens six lines to one platform at most, for all its tabs.
 */
export function openStream(path, { onEvent, onState, whileHidden = true, silentMs = SILENT_MS }) {
  const stream = new Stream(path, { onEvent, onState, whileHidden, silentMs });
  stream.run();
  return stream;
}

const tell = (name, detail) => { document.dispatchEvent(new CustomEvent(name, { detail })); return detail; };

class Stream {
  #path; #onEvent; #onState; #whileHidden; #silentMs;
  #lastId = ""; #since = null; #wait = FIRST_WAIT_MS; #closed = false; #line = null; #wake = () => {};

  constructor(path, { onEvent, onState, whileHidden, silentMs }) {
    [this.#path, this.#whileHidden, this.#silentMs] = [path, whileHidden, silentMs];
    [this.#onEvent, this.#onState] = [onEvent, onState];
    addEventListener("offline", () => this.#line?.abort());
    addEventListener("online", () => this.#wake());
    addEventListener("pagehide", () => this.#line?.abort()); // else the page cannot be kept for the back button
    addEventListener("pageshow", () => this.#wake());
    document.addEventListener("visibilitychange", () => (this.#mayFlow() ? this.#wake() : this.#line?.abort()));
  }

  close() {
    this.#closed = true;
    this.#line?.abort();
    this.#wake();
  }

  async run() {
    while (!this.#closed) {
      const waitMs = this.#mayFlow() ? await this.#listen() : null;
      if (!this.#closed) await this.#pause(waitMs);
    }
  }

  #mayFlow() { return this.#whileHidden || document.visibilityState === "visible"; }

  /** Until something changes, or for so long; null: until something changes. */
  async #pause(ms) {
    const woken = new Promise((go) => { this.#wake = go; });
    if (ms === null) return woken;
    let timer;
    const slept = new Promise((go) => { timer = setTimeout(go, ms); });
    await Promise.race([woken, slept]);
    clearTimeout(timer);
  }

  /** One line, until it ends; returns how long to wait before the next, ms; null: there is none before a change. */
  async #listen() {
    const line = this.#line = new AbortController();
    let timer;
    const alive = () => { clearTimeout(timer); timer = setTimeout(() => line.abort(), this.#silentMs); };
    alive();
    try {
      const headers = { Accept: "text/event-stream", ...(this.#lastId && { "Last-Event-ID": this.#lastId }) };
      const answer = await fetch(`/api/v1${this.#path}`, { headers, signal: line.signal, cache: "no-store" });
      if (!answer.ok) return await this.#refused(answer);
      this.#flows();
      await this.#read(answer.body, alive);
    } catch (error) {
      if (!(error instanceof TypeError || error.name === "AbortError")) throw error; // a fault of ours, not of the line
    } finally {
      clearTimeout(timer);
      line.abort();
    }
    this.#cut("");
    return this.#later();
  }

  async #read(body, alive) {
    const reader = new EventReader();
    const pieces = body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await pieces.read();
      if (done) return;
      alive();
      for (const one of reader.take(value)) this.#take(one);
    }
  }

  #take(told) {
    if (told.id !== null) this.#lastId = told.id;
    if (told.data !== null && told.type !== "end") this.#onEvent(told.type, JSON.parse(told.data));
  }

  #flows() {
    const again = this.#since !== null;
    this.#since = null;
    this.#wait = FIRST_WAIT_MS;
    this.#tell({ live: true, since: null, again, detail: "" });
  }

  #cut(detail) {
    this.#since ??= new Date(now());
    if (!this.#closed) this.#tell({ live: false, since: this.#since, again: false, detail });
  }

  #tell(state) {
    this.#onState(state);
    tell("connection", { live: state.live, of: this.#path });
  }

  async #refused(answer) {
    const told = await answer.json().catch(() => ({}));
    this.#cut(told.detail ?? "");
    if (answer.status === 422) this.#lastId = ""; // the log it led into is no longer there
    if (answer.status === 403) return null;
    if (answer.status === 401) return tell("signed-out", { path: this.#path, until: null }).until?.then(() => 0) ?? null;
    return Math.max(1000 * (Number(answer.headers.get("Retry-After")) || 0), this.#later());
  }

  /** Longer each time, and never the same for all consoles at once. */
  #later() {
    const wait = this.#wait * (0.75 + Math.random() / 2);
    this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT_MS);
    return wait;
  }
}
