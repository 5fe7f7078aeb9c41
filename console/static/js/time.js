// Times as people here say them: Brussels time, and how long ago by the platform's clock, not the device's.

const LOCALES = { en: "en-GB", fr: "fr-BE", nl: "nl-BE" };
export const locale = LOCALES[document.documentElement.lang] ?? "en-GB"; // of the page, whatever the browser's is
const brussels = (given) => new Intl.DateTimeFormat(locale, { timeZone: "Europe/Brussels", ...given });
const CLOCK = brussels({ hour: "2-digit", minute: "2-digit" });
const SECONDS = brussels({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = brussels({ day: "2-digit", month: "2-digit" });
const EXACT = brussels({
  weekday: "short", day: "2-digit", month: "2-digit", year: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
});
const RELATIVE = new Intl.RelativeTimeFormat(locale, { style: "short", numeric: "always" });
const UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];

let ahead = 0; // of the platform's clock before the device's, ms

/** Of an answer's Date header (whole seconds) between two moments of the device. */
export function heardClock(header, askedAt, answeredAt) {
  const told = Date.parse(header);
  if (Number.isNaN(told) || answeredAt - askedAt > 2_000) return;
  const least = told - answeredAt, most = told + 1_000 - askedAt;
  ahead = Math.min(Math.max(ahead, least), most); // what we know stays unless the header contradicts it
}

/** Of the page itself: its meta element tells when it was made. */
function heardPage() {
  const made = Date.parse(document.querySelector('meta[name="server-time"]')?.content ?? "");
  const loaded = performance.getEntriesByType("navigation")[0];
  if (Number.isNaN(made) || !loaded) return;
  ahead = made - (Date.now() - Math.max(0, performance.now() - loaded.responseStart));
}
heardPage();

/** By the platform's clock, ms. */
export const now = () => Date.now() + ahead;
/** How far the device's clock is off, s; more than 0: it is ahead. */
export const clockOff = () => -ahead / 1000;

const parsed = (moment) => (moment instanceof Date ? moment : new Date(moment));
const sameDay = (one, other) => DAY.format(one) === DAY.format(other);

/** 14:03, with the day when it is another: 23/11 14:03. */
export function clock(moment) {
  const at = parsed(moment);
  const near = sameDay(at, new Date(now())) && Math.abs(now() - at) < 86_400_000;
  return near ? CLOCK.format(at) : `${DAY.format(at)} ${CLOCK.format(at)}`;
}
export const seconds = (moment) => SECONDS.format(parsed(moment));
export const exact = (moment) => EXACT.format(parsed(moment));

function inUnits(moment) {
  const s = (parsed(moment) - now()) / 1000;
  const [unit, length] = UNITS.find(([, one]) => Math.abs(s) >= one) ?? UNITS.at(-1);
  return [Math.trunc(s / length), unit];
}

/** "3 min ago", "in 40 sec". */
export const ago = (moment) => RELATIVE.format(...inUnits(moment));

const UNIT_HERE = { fr: { d: "j" }, nl: { h: "u" } }[document.documentElement.lang] ?? {};

/** A length with English units, "5 h", with those of the page: "5 u". */
export const inUnitsHere = (length) => length.replace(/\b(\d+) (s|min|h|d)\b/g, (_, count, unit) => `${count} ${UNIT_HERE[unit] ?? unit}`);

/** A span of time in words: "2 min", "1 h 05 min", "3 d 04 h". */
export function span(s) {
  if (s < 60) return `${Math.round(s)} s`;
  const minutes = Math.round(s / 60), hours = Math.floor(minutes / 60), two = (n) => String(n).padStart(2, "0");
  if (minutes < 60) return `${minutes} min`;
  return inUnitsHere(hours < 48 ? `${hours} h ${two(minutes % 60)} min` : `${Math.floor(hours / 24)} d ${two(hours % 24)} h`);
}

/** <time> that says how long ago, the exact moment on hover and to a screen reader, and stays true. */
export function agoTime(moment) {
  const made = document.createElement("time");
  made.dateTime = parsed(moment).toISOString();
  made.dataset.ago = inUnits(moment).join(" ");
  made.title = exact(moment);
  made.textContent = ago(moment);
  return made;
}
setInterval(() => {
  for (const one of document.querySelectorAll("time[data-ago]")) {
    const units = inUnits(one.dateTime).join(" ");
    if (one.dataset.ago === units) continue; // of ten thousand few change at once
    one.dataset.ago = units;
    one.textContent = ago(one.dateTime);
  }
}, 5_000);

/** For an <input type="datetime-local">, Brussels wall clock. */
export function toField(moment) {
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat("en-GB", {
      timeZone: "Europe/Brussels", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
    }).formatToParts(parsed(moment)).map((part) => [part.type, part.value]),
  );
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}

/** The moment that a field tells on the wall clock of Brussels, as ISO 8601 UTC; null: empty. */
export function fromField(value) {
  if (!value) return null;
  const asUtc = new Date(`${value}Z`);
  if (Number.isNaN(asUtc.getTime())) return null;
  const off = (at) => new Date(`${toField(at)}Z`) - Math.floor(at / 60_000) * 60_000;
  const first = new Date(asUtc - off(asUtc));
  return new Date(asUtc - off(first)).toISOString(); // twice: at a change of the clocks the first guess may be off
}
