// Tabs: one panel at a time, the chosen one in the address, so that back, forward and a bookmark work.

/** list: role=tablist, its buttons name their panels by aria-controls. onShow(id): a panel came up. Returns show(id). */
export function tabs(list, onShow = () => {}) {
  const buttons = [...list.querySelectorAll("[role=tab]")];
  const ids = buttons.map((one) => one.getAttribute("aria-controls"));

  function show(id) {
    const chosen = Math.max(0, ids.indexOf(id));
    buttons.forEach((one, at) => {
      one.ariaSelected = String(at === chosen);
      one.tabIndex = at === chosen ? 0 : -1;
      document.getElementById(ids[at]).hidden = at !== chosen;
    });
    onShow(ids[chosen]);
  }
  const go = (at) => {
    location.hash = ids[at];
    buttons[at].focus();
  };
  list.addEventListener("click", ({ target }) => {
    const at = buttons.indexOf(target.closest("[role=tab]"));
    if (at >= 0) go(at);
  });
  list.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    go((to + buttons.length) % buttons.length);
  });
  const named = () => location.hash.slice(1).split("=")[0];
  window.addEventListener("hashchange", () => show(named()));
  show(named());
  return (id) => { if (named() === id) show(id); else location.hash = id; };
}
