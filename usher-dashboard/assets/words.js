// @ts-check
// Sentences in the page's language, and times and numbers as people there write them.

/** @type {Record<string, string>} */
const words = JSON.parse(document.body.dataset.words ?? "{}");
const language = document.documentElement.lang;

/**
 * A sentence, with what it says of these names.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function say(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });

/**
 * A time of today as a time, another one with its day.
 * @param {string | number | Date} time
 */
export function when(time) {
  const date = new Date(time);
  return (date.toDateString() === new Date().toDateString() ? clock : day).format(date);
}

const lists = new Intl.ListFormat(language, { style: "short", type: "unit" });

/**
 * Names beside each other; of many the first ones.
 * @param {string[]} names
 */
export function list(names) {
  const most = 12;
  const shown = names.slice(0, most);
  return lists.format(names.length > most ? [...shown, `… +${names.length - most}`] : shown);
}

const collator = new Intl.Collator(language, { numeric: true, sensitivity: "base" });

/**
 * The order of two texts for people.
 * @param {string} one
 * @param {string} other
 */
export const order = (one, other) => collator.compare(one, other);
