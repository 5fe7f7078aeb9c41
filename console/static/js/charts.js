// Charts as plain SVG: shapes have classes, colours come from css/charts.css. Each is beside the same as text or table.

import { t } from "./api.js";
import { svg } from "./dom.js";
import { clock, exact, locale } from "./time.js";

const MOST_NODES = 14; // more of them overlap; the table has all

const box = (width, height, className, label) =>
  svg("svg", { viewBox: `0 0 ${width} ${height}`, class: `chart ${className}`, role: "img", "aria-label": label });
const text = (x, y, words, more = {}) => svg("text", { x, y, ...more }, words);
const titled = (node, words) => { node.append(svg("title", {}, words)); return node; };

/** Reads against the usual of the hour: a bar, and a mark where the usual is. */
export function bullet(reads, expected) {
  const most = Math.max(reads, expected ?? 0, 1) * 1.15;
  const chart = svg("svg", { viewBox: "0 0 72 14", class: "chart bullet", "aria-hidden": "true" });
  chart.append(svg("rect", { class: "ground", x: 0, y: 3, width: 72, height: 8 }));
  chart.append(svg("rect", { class: "bar", x: 0, y: 3, width: (72 * reads) / most, height: 8 }));
  if (expected) chart.append(svg("rect", { class: "mark", x: Math.min(70, (72 * expected) / most), y: 0, width: 2, height: 14 }));
  return chart;
}

/** Hours of a camera: bars of reads before the band of what is usual. hours: [{hour, reads, low, high}]. */
export function hourBars(hours, label) {
  const width = 600, height = 130, foot = 20, wide = width / Math.max(hours.length, 24);
  const most = Math.max(1, ...hours.map((one) => Math.max(one.reads, one.high ?? 0)));
  const y = (value) => (height - foot) * (1 - value / most);
  const chart = box(width, height, "hours", label);
  hours.forEach((one, at) => {
    const x = at * wide;
    if (one.high !== null && one.high !== undefined) {
      chart.append(svg("rect", { class: "band", x, width: wide, y: y(one.high), height: Math.max(1, y(one.low ?? 0) - y(one.high)) }));
    }
    const ill = one.troubles?.length ? " ill" : "";
    const bar = svg("rect", { class: `bar${ill}`, x: x + wide * 0.2, width: wide * 0.6, y: y(one.reads), height: height - foot - y(one.reads) });
    chart.append(titled(bar, `${exact(one.hour)}: ${one.reads}`));
    if (at % Math.ceil(hours.length / 6) === 0) chart.append(text(x, height - 5, clock(one.hour)));
  });
  chart.append(svg("line", { class: "axis", x1: 0, x2: width, y1: height - foot, y2: height - foot }));
  return chart;
}

/** Bars by day, the dark part of each is a part of it. rows: [{name, whole, part}]. */
export function dayBars(rows, label) {
  const width = 720, height = 200, foot = 22, head = 14, wide = width / Math.max(rows.length, 7);
  const most = Math.max(1, ...rows.map((one) => one.whole));
  const high = (value) => ((height - foot - head) * value) / most;
  const chart = box(width, height, "days", label);
  chart.setAttribute("preserveAspectRatio", "xMinYMid meet");
  chart.append(text(0, 10, most.toLocaleString(locale)));
  rows.forEach((one, at) => {
    const x = at * wide + wide * 0.12, w = Math.min(wide * 0.76, 60);
    for (const [name, value] of [["bar", one.whole], ["part", one.part]]) {
      const bar = svg("rect", { class: name, x, width: w, y: height - foot - high(value), height: high(value) });
      chart.append(titled(bar, `${one.name}: ${one.part.toLocaleString(locale)} / ${one.whole.toLocaleString(locale)}`));
    }
    if (at % Math.ceil(rows.length / 10) === 0) chart.append(text(at * wide, height - 6, one.name));
  });
  chart.append(svg("line", { class: "axis", x1: 0, x2: width, y1: height - foot, y2: height - foot }));
  return chart;
}

/** Who travels with a vehicle. others: [{plate, cameras, sure, told}], surest first; those nearer the middle are surer.
 *  onChoose(other): its node was chosen. */
export function companyGraph(plate, others, label, onChoose) {
  const width = 720, height = 330, middle = [width / 2, height / 2], shown = others.slice(0, MOST_NODES);
  const most = Math.max(1, ...shown.map((one) => one.cameras));
  const chart = box(width, height, "company", label);
  chart.setAttribute("role", "group");
  const nodes = shown.map((one, at) => {
    const turn = (2 * Math.PI * (at + 0.5)) / shown.length - Math.PI / 2, far = one.sure ? 0.7 : 1;
    return { one, x: middle[0] + Math.cos(turn) * (width / 2 - 64) * far, y: middle[1] + Math.sin(turn) * (height / 2 - 20) * far };
  });
  for (const { one, x, y } of nodes) {
    const edge = svg("line", {
      class: one.sure ? "edge sure" : "edge", x1: middle[0], y1: middle[1], x2: x, y2: y, "stroke-width": 1 + (5 * one.cameras) / most,
    });
    chart.append(titled(edge, one.told));
    const at = [(middle[0] + 1.4 * x) / 2.4, (middle[1] + 1.4 * y) / 2.4];
    chart.append(text(at[0], at[1] + 4, String(one.cameras), { class: "edge-name", "text-anchor": "middle" }));
  }
  for (const { one, x, y } of nodes) chart.append(graphNode(one.plate, x, y, one.sure ? "node sure" : "node", one.told, () => onChoose(one)));
  chart.append(graphNode(plate, ...middle, "node target", plate));
  return chart;
}

function graphNode(words, x, y, className, told, act) {
  const half = 12 + words.length * 4.6;
  const node = svg("g", { class: className },
    svg("rect", { x: x - half, y: y - 14, width: 2 * half, height: 28, rx: 5 }),
    text(x, y + 5, words, { "text-anchor": "middle" }));
  if (!act) return titled(node, told);
  for (const [name, value] of [["tabindex", 0], ["role", "button"], ["aria-label", `${words}: ${told}`]]) node.setAttribute(name, value);
  node.addEventListener("click", act);
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    act();
  });
  return titled(node, told);
}

/** Two vehicles, places over time. ways: [[{captured_at, camera_id, name}], …]; meetings: moments when both were near. */
export function placesOverTime(ways, meetings, label) {
  const all = ways.flat().sort((one, other) => Date.parse(one.captured_at) - Date.parse(other.captured_at));
  const places = [...new Map(all.map((one) => [one.camera_id, one.name ?? one.camera_id]))];
  const left = 190, width = 760, row = 22, height = places.length * row + 34;
  const first = Date.parse(all[0].captured_at), length = Math.max(60_000, Date.parse(all.at(-1).captured_at) - first);
  const x = (moment) => left + 12 + ((width - left - 30) * (Date.parse(moment) - first)) / length;
  const y = (camera) => 14 + row * places.findIndex(([id]) => id === camera);
  const chart = box(width, height, "places", label);
  for (const [id, name] of places) {
    chart.append(svg("line", { class: "ground", x1: left, x2: width, y1: y(id), y2: y(id) }));
    chart.append(titled(text(left - 8, y(id) + 4, name.length > 26 ? `${name.slice(0, 25)}…` : name, { "text-anchor": "end" }), name));
  }
  for (const meeting of meetings) chart.append(svg("circle", { class: "meeting", cx: x(meeting.captured_at), cy: y(meeting.camera_id), r: 10 }));
  ways.forEach((way, at) => {
    const points = way.map((one) => `${x(one.captured_at)},${y(one.camera_id)}`).join(" ");
    chart.append(svg("polyline", { class: `way way-${at}`, points }));
    for (const one of way) {
      const mark = at === 0
        ? svg("circle", { class: `spot way-${at}`, cx: x(one.captured_at), cy: y(one.camera_id), r: 5 })
        : svg("rect", { class: `spot way-${at}`, x: x(one.captured_at) - 5, y: y(one.camera_id) - 5, width: 10, height: 10 });
      chart.append(titled(mark, `${exact(one.captured_at)}, ${one.name ?? one.camera_id}`));
    }
  });
  for (const part of [0, 0.5, 1]) {
    const at = left + 12 + (width - left - 30) * part, anchor = part === 1 ? "end" : part ? "middle" : "start";
    chart.append(text(at, height - 6, clock(new Date(first + length * part)), { "text-anchor": anchor }));
  }
  return chart;
}
