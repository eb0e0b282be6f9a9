// @ts-check
// What is asked before an order is sent. A dialog names whom it hits.
import { element, part, write } from "./tiles.js";

/** @typedef {Pick<import("./wire.js").Order, "message" | "for_seconds" | "notice_seconds">} Terms */

const recent = /** @type {HTMLDataListElement} */ (element("recent"));

/**
 * Minutes, or the time of day that comes next, as seconds from now; none for neither.
 * @param {string} text
 */
export function seconds(text) {
  const clock = /^\s*(\d{1,2}):(\d{2})\s*$/.exec(text);
  if (clock) {
    const [hour, minute] = [Number(clock[1]), Number(clock[2])];
    if (hour > 23 || minute > 59) return undefined;
    const then = new Date();
    then.setHours(hour, minute, 0, 0);
    if (then.getTime() <= Date.now()) then.setDate(then.getDate() + 1);
    return Math.ceil((then.getTime() - Date.now()) / 1000);
  }
  const minutes = /^\s*(\d{1,5})\s*$/.exec(text);
  return minutes && Number(minutes[1]) > 0 ? Number(minutes[1]) * 60 : undefined;
}

/** @param {string} message */
function remember(message) {
  const known = [...recent.options].find((option) => option.value === message);
  known?.remove();
  const option = document.createElement("option");
  option.value = message;
  recent.prepend(option);
  while (recent.options.length > 8) recent.lastElementChild?.remove();
}

/**
 * What the fields say; none if one of them is wrong, which it shows.
 * @param {HTMLFormElement} form
 * @returns {Terms | null}
 */
function terms(form) {
  /** @type {Terms} */
  const terms = {};
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement | null} */ (form.elements.namedItem(name));
  const [message, until, notice] = ["message", "until", "notice"].map(field);
  if (message?.value.trim()) {
    terms.message = message.value.trim();
    remember(terms.message);
  } else if (message?.required) return null;
  if (until?.value.trim()) {
    const length = seconds(until.value);
    if (length === undefined) {
      until.select();
      return null;
    }
    terms.for_seconds = length;
  }
  if (notice && Number(notice.value) > 0) terms.notice_seconds = Number(notice.value);
  // Nobody reads a message beside a countdown that there is not.
  if (notice && !terms.notice_seconds) delete terms.message;
  return terms;
}

/**
 * Opens a dialog, and gives what it said; nothing if it was left.
 * @param {string} id
 * @param {string} hits
 * @returns {Promise<Terms | null>}
 */
export function ask(id, hits) {
  const dialog = /** @type {HTMLDialogElement} */ (element(id));
  const form = /** @type {HTMLFormElement} */ (part(dialog, "form"));
  write(part(form, ".hits"), hits);
  dialog.showModal();
  // What was said the last time stands there, until something is typed.
  if (document.activeElement instanceof HTMLInputElement) document.activeElement.select();
  return new Promise((answer) => {
    /** @type {Terms | null} */
    let said = null;
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      said = terms(form);
      if (said) dialog.close();
    };
    form.addEventListener("submit", submit);
    dialog.addEventListener("close", () => {
      form.removeEventListener("submit", submit);
      answer(said);
    }, { once: true });
  });
}

/** Lets every dialog be left. */
export function begin() {
  for (const button of document.querySelectorAll("[data-cancel]")) {
    button.addEventListener("click", () => button.closest("dialog")?.close());
  }
}
