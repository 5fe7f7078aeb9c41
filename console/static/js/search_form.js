// The form of a search: what was typed, errors beside the field they are about, nothing lost.

import { t } from "./api.js";
import { byId } from "./dom.js";
import { keep, kept } from "./shell.js";
import { fromField, now, toField } from "./time.js";

const FIELDS = ["pattern", "reason", "purpose", "period", "from", "to", "case_number", "match", "decision_id", "role"];
const DRAFT = "search";
/** What a refusal is about → the field where it is told, where their names differ. */
const ABOUT = { from: "period", to: "period", since: "period", until: "period" };
const IN_MORE = ["case_number", "decision_id"];

export class Form {
  constructor(onAsked) {
    this.form = byId("ask");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#complete()) onAsked(this.asked());
    });
    byId("period").addEventListener("change", () => this.#times());
    this.form.addEventListener("input", ({ target }) => this.#clear(target.id));
    for (const name of ["reloading", "signed-out"]) document.addEventListener(name, () => this.keep());
    this.fill(kept(DRAFT) ?? {});
    byId("go").disabled = false; // before, the browser itself would send the form, its plate in the address
  }

  /** Remember what was typed, for this tab. */
  keep() { keep(DRAFT, this.typed()); }
  typed() { return Object.fromEntries(FIELDS.map((name) => [name, byId(name).value])); }

  /** Puts values into fields; those that are missing stay. */
  fill(values) {
    for (const name of FIELDS) if (values[name] !== undefined && values[name] !== null) byId(name).value = values[name];
    byId("more").open = IN_MORE.some((name) => byId(name).value) || byId("more").open;
    this.#times();
  }

  /** As the search was recorded: for its own page, and to ask again. */
  fillFrom(search) {
    const hours = Math.round((Date.parse(search.created_at) - Date.parse(search.captured_from)) / 3_600_000);
    const period = [...byId("period").options].some((one) => one.value === String(hours)) && Date.parse(search.captured_until) > Date.parse(search.created_at)
      ? String(hours) : "own";
    this.fill({
      ...(byId("pattern").value ? {} : { pattern: search.understood.pattern }),
      reason: search.reason, purpose: search.purpose, case_number: search.case_number ?? "", decision_id: search.decision_id ?? "", period,
      ...(period === "own" ? { from: toField(search.captured_from), to: toField(search.captured_until) } : {}),
    });
  }

  /** The body of the question. */
  asked() {
    const typed = this.typed(), own = typed.period === "own";
    const from = own ? fromField(typed.from) : new Date(now() - typed.period * 3_600_000).toISOString();
    const body = { pattern: typed.pattern, reason: typed.reason, purpose: typed.purpose, match: typed.match, from };
    const more = { to: own ? fromField(typed.to) : null, case_number: typed.case_number.trim(), decision_id: typed.decision_id.trim(), role: typed.role };
    return { ...body, ...Object.fromEntries(Object.entries(more).filter(([, value]) => value)) };
  }

  #complete() {
    this.clearErrors();
    const typed = this.typed();
    if (!typed.pattern.trim()) return this.#wrong("pattern", t("plate_missing"));
    if (!typed.reason.trim()) return this.#wrong("reason", t("reason_missing"));
    if (typed.period === "own" && !typed.from) return this.#wrong("from", t("from_missing"));
    return true;
  }

  /** Shows what was refused, where it belongs. */
  refused(problem) {
    const about = problem.told.field ?? /^body\.(\w+)/.exec(problem.told.detail)?.[1];
    const field = ABOUT[about] ?? about;
    if (byId(`${field}-error`)) this.#wrong(field, problem.message);
    else [byId("ask-error").textContent, byId("ask-error").hidden] = [problem.message, false];
  }

  #wrong(field, text) {
    const input = byId(field), error = byId(`${field}-error`);
    input.ariaInvalid = "true";
    [error.textContent, error.hidden] = [text, false];
    if (IN_MORE.includes(field)) byId("more").open = true;
    input.focus();
    return false;
  }

  #clear(field) {
    const error = byId(`${field}-error`);
    if (!error) return;
    error.hidden = true;
    byId(field).ariaInvalid = null;
  }

  clearErrors() {
    FIELDS.forEach((field) => this.#clear(field));
    byId("ask-error").hidden = true;
  }

  #times() { byId("own-times").hidden = byId("period").value !== "own"; }

  busy(busy) {
    this.form.classList.toggle("busy", busy);
    byId("go").disabled = busy;
  }
}
