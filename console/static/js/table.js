// Tables that sort by a button in each header and fill in slices.

import { t } from "./api.js";
import { el, inSlices } from "./dom.js";

const compare = (one, other) =>
  typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other), document.documentElement.lang, { numeric: true });

/** Fills `table` and keeps it sorted. columns: [{title, cell(row) → node or text, by(row) → what it sorts by (absent:
 *  not sortable), className}]. Returns {show(rows), sort(index, descending)}. empty: what is said when there is nothing. */
export function sortable(table, columns, { empty = "", row: dress = () => {}, sorted = null } = {}) {
  let rows = [], told = false, order = sorted, stop = () => {};
  const heads = columns.map((column, index) => head(column, () => sort(index, order?.index === index && !order.descending)));
  const body = el("tbody");
  table.replaceChildren(...(table.caption ? [table.caption] : []), el("thead", {}, el("tr", {}, ...heads)), body);

  function fill() {
    stop();
    body.replaceChildren();
    const shown = order ? inOrder(rows, columns[order.index].by, order.descending) : rows;
    if (told && !shown.length && empty) body.append(el("tr", {}, el("td", { colSpan: columns.length, className: "empty" }, empty)));
    stop = inSlices(body, shown, (one) => {
      const tr = el("tr", {}, ...columns.map((column) => el("td", { className: column.className ?? "" }, column.cell(one))));
      dress(tr, one);
      return tr;
    });
  }
  function sort(index, descending = false) {
    order = { index, descending };
    heads.forEach((th, at) => { th.ariaSort = at === index ? (descending ? "descending" : "ascending") : null; });
    fill();
  }
  if (order) sort(order.index, order.descending);
  else fill();
  return { show(given) { [rows, told] = [given, true]; fill(); }, sort };
}

function head(column, act) {
  const th = el("th", { scope: "col", className: column.className ?? "" });
  if (!column.by) th.append(column.title);
  else th.append(el("button", { type: "button", onclick: act, title: t("sort_by", { column: column.title }) }, column.title));
  return th;
}

function inOrder(rows, by, descending) {
  const missing = (value) => value === null || value === undefined || value === "";
  return [...rows].sort((one, other) => {
    const [a, b] = [by(one), by(other)];
    if (missing(a) || missing(b)) return missing(a) - missing(b); // what is not known comes last either way
    return descending ? compare(b, a) : compare(a, b);
  });
}
