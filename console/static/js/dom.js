// Elements without markup: what comes from outside becomes text, never HTML.

/** An element: `el("td", {className: "when", dataset: {id}, onclick}, "text", child)`. Names with a dash are attributes. */
export function el(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null) continue;
    if (name === "dataset") Object.assign(made.dataset, value);
    else if (name.includes("-") || !(name in made)) made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((one) => one !== null && one !== undefined && one !== ""));
  return made;
}

/** An element of SVG; everything given is an attribute. */
export function svg(tag, given = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(given)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export const byId = (id) => document.getElementById(id);

/** Whose plate it is, as people read it: `plate` is for programs. */
export const written = (one) => one.plate_display ?? one.plate;

/** A plate as it is shown everywhere: `country` may be missing. */
export function plate(text, country) {
  return el("span", { className: "plate" }, country ? el("span", { className: "country" }, country) : "", text);
}

/** Puts `make(row)` of each row into `parent`, some at a time, so that ten thousand do not hold up the page.
 *  Returns a function that stops. */
export function inSlices(parent, rows, make, { slice = 100, done = () => {} } = {}) {
  let at = 0, stopped = false;
  const step = () => {
    if (stopped) return;
    const part = document.createDocumentFragment();
    for (const end = Math.min(at + slice, rows.length); at < end; at++) part.append(make(rows[at], at));
    parent.append(part);
    if (at < rows.length) setTimeout(step, 0);
    else done();
  };
  step();
  return () => { stopped = true; };
}
