// @ts-check
// How the page is looked at: which view, filters, order, size and rate of pictures. All of it stands in the address.
import { element } from "./tiles.js";

const usual = { view: "wall", q: "", sort: "user", part: "none", every: "0.5", size: "260", lq: "", hours: "24", action: "" };

/** @typedef {keyof typeof usual} Setting */
const settings = /** @type {Setting[]} */ (Object.keys(usual));
/** The control of a setting. */
const control = (/** @type {Setting} */ name) => /** @type {HTMLInputElement | HTMLSelectElement} */ (element(name === "q" ? "filter" : name));

/**
 * A setting's value, as its control has it.
 * @param {Setting} name
 */
export const setting = (name) => control(name).value;

/** Says what is looked for, in small letters. */
export const wanted = () => setting("q").trim().toLowerCase().split(/\s+/).filter(Boolean);

function show() {
  document.documentElement.style.setProperty("--tile", `${setting("size")}px`);
  document.body.dataset.view = setting("view");
  for (const id of ["wall", "log", "rules"]) element(id).hidden = id !== setting("view");
  for (const button of document.querySelectorAll("[data-view]")) {
    if (!(button instanceof HTMLButtonElement)) continue;
    button.dataset.view === setting("view") ? button.setAttribute("aria-current", "page") : button.removeAttribute("aria-current");
  }
}

/** @param {boolean} step */
function write(step) {
  const query = new URLSearchParams();
  for (const name of settings) if (setting(name) !== usual[name]) query.set(name, setting(name));
  const text = query.toString();
  // Another view is a step to go back from; what is typed is none.
  history[step ? "pushState" : "replaceState"](null, "", text ? `?${text}` : location.pathname);
}

function read() {
  const query = new URLSearchParams(location.search);
  for (const name of settings) {
    control(name).value = query.get(name) ?? usual[name];
    // A value that a list does not have.
    if (setting(name) === "") control(name).value = usual[name];
  }
  if (!document.querySelector(`button[data-view="${CSS.escape(setting("view"))}"]`)) control("view").value = usual.view;
  show();
}

/**
 * Goes to a view.
 * @param {string} view
 */
export function go(view) {
  if (view === setting("view")) return;
  control("view").value = view;
  control("view").dispatchEvent(new Event("input"));
}

/**
 * Takes the settings of the address, and tells of every change.
 * @param {(name: Setting) => void} changed
 */
export function begin(changed) {
  read();
  for (const name of settings) {
    control(name).addEventListener("input", () => {
      write(name === "view");
      show();
      changed(name);
    });
  }
  for (const button of document.querySelectorAll("button[data-view]")) {
    button.addEventListener("click", () => go(/** @type {HTMLElement} */ (button).dataset.view ?? ""));
  }
  addEventListener("popstate", () => {
    read();
    changed("view");
  });
}
