// What the platform tells in English (of cameras, of the audit), in the language of the page. A sentence is found by its
// English text, of which {places} differ; one that nobody has put into other words is told as it came.

import { t, words } from "./api.js";
import { inUnitsHere, locale } from "./time.js";

const ENGLISH = "sentences.en.";
const NUMBERS = new Set(["km", "road", "seconds", "count", "days", "minutes"]); // places that hold nothing else: names have commas too
const language = document.documentElement.lang;
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const fixedLength = (text) => text.replace(/\{\w+\}/g, "").length;

/** {name, places, pattern} of each, those that say most first: "over" fits much. */
const sentences = Object.keys(words)
  .filter((key) => key.startsWith(ENGLISH))
  .sort((one, other) => fixedLength(words[other]) - fixedLength(words[one]))
  .map((key) => {
    const parts = words[key].split(/\{(\w+)\}/); // text, place, text, place, …
    const pattern = parts.map((part, at) => (at % 2 ? (NUMBERS.has(part) ? "([\\d.,]+)" : "(.+?)") : escaped(part))).join("");
    return { name: key.slice(ENGLISH.length), places: parts.filter((_, at) => at % 2), pattern: new RegExp(`^${pattern}$`, "s") };
  });

/** The sentence in the language of the page. */
export function inWords(text) {
  if (language === "en" || !text) return text;
  for (const { name, places, pattern } of sentences) {
    const found = pattern.exec(text);
    if (found) return t(`sentences.${name}`, Object.fromEntries(places.map((place, at) => [place, valueHere(found[at + 1])])));
  }
  return text;
}

/** What stands at a place: a number, a length of time, or a sentence again. */
function valueHere(text) {
  if (/^\d{1,3}(,\d{3})+$|^\d+\.\d+$/.test(text)) return Number(text.replaceAll(",", "")).toLocaleString(locale);
  return /^\d+ (s|min|h|d)$/.test(text) ? inUnitsHere(text) : inWords(text);
}
