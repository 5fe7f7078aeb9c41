// Forms that ask the platform: busy while they wait, faults as sentences, nothing typed is lost.

import { t } from "./api.js";
import { el } from "./dom.js";
import { keep, kept } from "./shell.js";

const valueOf = (field) => (field.type === "checkbox" ? field.checked : field.value);

/** What is typed, by name of the field; empty ones are left out. */
export function typed(form) {
  const found = {};
  for (const field of form.elements) {
    if (!field.name || field.type === "file" || (field.type === "radio" && !field.checked)) continue;
    const value = valueOf(field);
    if (typeof value === "boolean" ? value : value.trim()) found[field.name] = typeof value === "boolean" ? value : value.trim();
  }
  return found;
}

/** Puts what was typed back after a reload, a new language, or a session that had ended. */
export function remember(form) {
  const name = `${document.body.dataset.page}:${form.id}`;
  for (const [field, value] of Object.entries(kept(name) ?? {})) {
    const found = form.elements[field];
    if (!found) continue;
    if (typeof value === "boolean") found.checked = value;
    else found.value = value;
  }
  for (const moment of ["reloading", "signed-out"]) document.addEventListener(moment, () => keep(name, typed(form)));
}

/** The place in a form, or beside it, where a fault is told. */
function faultOf(place) {
  let found = place.querySelector(":scope > .fault");
  if (!found) {
    found = el("p", { className: "notice danger fault", role: "alert", hidden: true });
    place.append(found);
  }
  return found;
}

export function tellFault(place, text) {
  const told = faultOf(place);
  told.textContent = text;
  told.hidden = !text;
}

/** Runs `work`, its button busy meanwhile; what goes wrong is told in `place`. Returns what it returns, or undefined. */
export async function busily(place, button, work) {
  if (button?.disabled) return undefined;
  tellFault(place, "");
  place.classList.add("busy");
  if (button) button.disabled = true;
  try {
    return await work();
  } catch (problem) {
    if (problem.status === undefined) throw problem; // a fault of this page, for its console
    tellFault(place, problem.message);
    return undefined;
  } finally {
    place.classList.remove("busy");
    if (button) button.disabled = false;
  }
}

/** Has a form answered by `work(values)` in place of a new page. */
export function answers(form, work) {
  remember(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter ?? form.querySelector("[type=submit]");
    busily(form, button, () => work(typed(form), button));
  });
}

/** Asks for words before what cannot be undone. fields: nodes between question and buttons. Resolves to the form, or null. */
export function askedFor(title, text, fields, yes, { danger = true } = {}) {
  const form = el("form", { method: "dialog", className: "stack" },
    el("h2", {}, title), el("p", {}, text), ...fields,
    el("div", { className: "row end" },
      el("button", { value: "", className: "btn", type: "submit", formNoValidate: true }, t("cancel")),
      el("button", { value: "yes", type: "submit", className: danger ? "btn btn-danger" : "btn btn-primary" }, yes)));
  const dialog = el("dialog", { className: "dialog", "aria-label": title }, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    const values = typed(form);
    dialog.remove();
    resolve(dialog.returnValue === "yes" ? values : null);
  }));
}

/** A labelled field for a dialog or a form made here. */
export function field(label, input, hint = "") {
  input.id ||= `field-${Math.random().toString(36).slice(2)}`;
  const told = hint ? el("span", { className: "hint", id: `${input.id}-hint` }, hint) : "";
  if (hint) input.setAttribute("aria-describedby", `${input.id}-hint`);
  return el("div", { className: "field" }, el("label", { htmlFor: input.id }, label), input, told);
}

/** Options of a <select>: [[value, text], …] behind those it has. */
export function offer(select, pairs) {
  const chosen = select.value;
  select.append(...pairs.map(([value, text]) => el("option", { value }, text)));
  select.value = chosen;
}
