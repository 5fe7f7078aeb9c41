// One's own password and second factor.

import { get, post, put, t } from "./api.js";
import { byId } from "./dom.js";
import { toast } from "./shell.js";

const WHY = { wrong: "fault_wrong", length: "fault_length", name: "fault_name", code: "fault_code" };

async function show() {
  const own = await get("/session");
  const here = own.way === "password";
  byId("account-none").hidden = here;
  for (const part of document.querySelectorAll("#account form, #account section")) {
    if (part.tagName === "SECTION" || part.id === "password-form") part.hidden = !here;
  }
  byId("factor-state").textContent = t(own.second_factor ? "factor_on" : "factor_off");
  for (const field of document.querySelectorAll(".with-code")) {
    field.hidden = !own.second_factor;
    field.querySelector("input").required = own.second_factor;
  }
  byId("end-form").hidden = !own.second_factor;
  byId("factor-form").hidden = true;
}

/** Sends a form by `act`; what is refused is told in it, and nothing typed is lost. */
function form(id, act, done) {
  const own = byId(id), error = own.querySelector("[role=alert]"), button = own.querySelector("button");
  own.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = error.hidden = true;
    try {
      await act();
      own.reset();
      toast(done, "ok");
      await show();
    } catch (problem) {
      error.textContent = WHY[problem.code] ? t(WHY[problem.code]) : problem.message;
      error.hidden = false;
    } finally { button.disabled = false; }
  });
}

const value = (id) => byId(id).value;

form("password-form", async () => {
  if (value("password-new") !== value("password-again")) throw new Error(t("fault_again"));
  await put("/account/password", { password: value("password-old"), code: value("password-code"), new: value("password-new") });
}, t("changed"));

byId("factor-new").addEventListener("click", async () => {
  try {
    const offered = await post("/account/second-factor");
    byId("factor-picture").src = offered.picture;
    byId("factor-secret").textContent = offered.secret.replace(/.{4}(?=.)/g, "$& ");
    byId("factor-form").hidden = false;
    byId("factor-first").focus();
  } catch (problem) { toast(problem.message, "error"); }
});

form("factor-form", () => put("/account/second-factor", {
  password: value("factor-password"), code: value("factor-code"), first: value("factor-first"),
  secret: byId("factor-secret").textContent.replaceAll(" ", ""),
}), t("factor_is_set"));

form("end-form", () => post("/account/second-factor/end", { password: value("end-password"), code: value("end-code") }), t("factor_ended"));

show().catch((problem) => toast(problem.message, "error"));
