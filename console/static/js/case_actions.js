// What can be done to a case as it stands, each with the state that it leads to.

import { post, t } from "./api.js";
import { mustCompare, readCase, refused, term, uncompared, waits } from "./case_parts.js";
import { byId, el } from "./dom.js";
import { key } from "./shell.js";

const ORDER = ["acknowledge", "pursue", "assign", "note", "false", "close", "reopen"];
const KEYS = { acknowledge: "a", pursue: "p", assign: "s", note: "n", false: "f", close: "c", reopen: "r" };
const ENDING = ["false", "close"];
const MAIN = { new: "acknowledge", acknowledged: "pursue" }; // what most people do next
const leadsTo = JSON.parse(byId("leads-to").textContent);

export class Actions {
  #one = null;

  /** told(case): it stands so now. compare(): show the picture first. me: who acts. */
  constructor(me, told, compare) {
    [this.me, this.told, this.compare] = [me, told, compare];
    for (const what of ORDER) key(KEYS[what], t(`act_${what}`), () => this.#mayNow(what) && this.#begin(what));
    key("v", term("compare"), () => this.#one && mustCompare(this.#one) && this.compare());
  }

  show(one) {
    this.#one = one;
    const first = mustCompare(one), said = byId("compare-first");
    said.hidden = !first;
    said.textContent = t(one.state === "new" ? "compare_before" : "compare_newest");
    const names = ORDER.filter((what) => this.#mayNow(what));
    byId("actions").replaceChildren(...(first ? [this.#compareButton()] : []), ...names.map((what) => this.#button(what)));
  }

  /** Gives the case to somebody, for a button beside a patrol; null where that cannot be. */
  get give() {
    return this.#mayNow("assign") ? (to) => this.#send({ what: "assign", to }) : null;
  }

  #mayNow(what) {
    const one = this.#one;
    return Boolean(one) && !waits(one, what) && one.state in leadsTo[what];
  }

  #compareButton() {
    const given = { type: "button", className: "btn btn-primary", "aria-keyshortcuts": "v", onclick: this.compare };
    return el("button", given, term("compare"));
  }

  #button(what) {
    const then = leadsTo[what][this.#one.state];
    const main = MAIN[this.#one.state] === what;
    return el("button", {
      type: "button", className: main ? "btn btn-primary" : "btn", "aria-keyshortcuts": KEYS[what],
      onclick: () => this.#begin(what),
    }, el("span", {}, t(`act_${what}`)), el("span", { className: "small" }, this.#then(then)));
  }

  #then(state) {
    return state === this.#one.state ? t("leads_same") : t("leads_to", { state: term(`state_${state}`) });
  }

  #begin(what) {
    if (what === "reopen" && uncompared(this.#one)) return this.compare();
    if (what === "acknowledge" || what === "pursue") return this.#send({ what });
    return this.#ask(what);
  }

  /** A dialog for whom, and a remark; what was typed stays where it is refused. */
  #ask(what) {
    const to = what === "assign" ? this.#toField() : null;
    const text = textField();
    const wrong = el("p", { className: "notice danger", role: "alert", hidden: true });
    const dialog = el("dialog", { className: "dialog", "aria-labelledby": "ask-title" },
      el("h2", { id: "ask-title" }, t(`dialog_${what}`)),
      el("form", { className: "stack", noValidate: true },
        to?.field ?? "", text.field, wrong,
        el("div", { className: "row end" },
          el("button", { type: "button", className: "btn", onclick: () => dialog.close() }, term("cancel")),
          el("button", { className: ENDING.includes(what) ? "btn btn-danger" : "btn btn-primary" },
            t("do_it"), el("span", { className: "small" }, this.#then(leadsTo[what][this.#one.state]))))));
    dialog.querySelector("form").addEventListener("submit", async (event) => {
      event.preventDefault();
      const missing = lacks(what, to?.input, text.input);
      const done = { what, to: to?.input.value.trim() || undefined, text: text.input.value.trim() };
      const why = missing || (await this.#send(done, dialog));
      [wrong.textContent, wrong.hidden] = [why, !why];
      if (!why) dialog.close();
    });
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  #toField() {
    const near = this.#one.nearest_patrols.map((patrol) => patrol.patrol_id);
    const input = el("input", {
      id: "ask-to", maxLength: 64, autocomplete: "off", "aria-describedby": "ask-hint", value: near[0] ?? this.me,
    });
    input.setAttribute("list", "ask-near"); // as a property it can only be read
    const field = el("div", { className: "field" },
      el("label", { htmlFor: "ask-to" }, t("to")), input,
      el("datalist", { id: "ask-near" }, ...[...near, this.me].map((name) => el("option", { value: name }))),
      el("span", { id: "ask-hint", className: "hint" }, t("to_hint")));
    return { field, input };
  }

  /** Does it; returns why not, in words; empty: done. */
  async #send(done, within = byId("actions")) {
    const said = byId("refused");
    said.hidden = true;
    within.classList.add("busy");
    for (const button of within.querySelectorAll("button")) button.disabled = true;
    try {
      this.told(readCase((await post(`/cases/${this.#one.case_id}/actions`, done)).case));
      return "";
    } catch (problem) {
      const why = refused(problem);
      if (within === byId("actions")) [said.textContent, said.hidden] = [why, false];
      await this.told(null); // somebody else may have been faster: show how it stands
      const stands = `${why} ${term("stands", { state: term(`state_${this.#one.state}`) })}`;
      said.textContent &&= stands;
      return stands;
    } finally {
      within.classList.remove("busy");
      for (const button of within.querySelectorAll("button")) button.disabled = false;
    }
  }
}

function textField() {
  const input = el("textarea", { id: "ask-text", rows: 3, maxLength: 1000 });
  return { input, field: el("div", { className: "field" }, el("label", { htmlFor: "ask-text" }, t("text")), input) };
}

function lacks(what, to, text) {
  if (to && !to.value.trim()) return t("to_missing");
  return what === "note" && !text.value.trim() ? t("text_missing") : "";
}
