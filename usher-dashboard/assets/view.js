// @ts-check
// How the wall is looked at: filter, order, size and rate of pictures. All of it stands in the address.
import { element } from "./tiles.js";

const controls = {
  q: /** @type {HTMLInputElement} */ (element("filter")),
  sort: /** @type {HTMLSelectElement} */ (element("sort")),
  every: /** @type {HTMLSelectElement} */ (element("every")),
  size: /** @type {HTMLInputElement} */ (element("size")),
};
const usual = { q: "", sort: "user", every: "5", size: "260" };

/** @typedef {keyof typeof usual} Setting */
const settings = /** @type {Setting[]} */ (Object.keys(usual));

/**
 * A setting's value, as its control has it.
 * @param {Setting} name
 */
export const setting = (name) => controls[name].value;

/** Says what is looked for, in small letters. */
export const wanted = () => controls.q.value.trim().toLowerCase().split(/\s+/).filter(Boolean);

function resize() {
  document.documentElement.style.setProperty("--tile", `${controls.size.value}px`);
}

function write() {
  const query = new URLSearchParams();
  for (const name of settings) {
    if (controls[name].value !== usual[name]) query.set(name, controls[name].value);
  }
  const text = query.toString();
  history.replaceState(null, "", text ? `?${text}` : location.pathname);
}

/**
 * Takes the settings of the address, and tells of every change.
 * @param {() => void} changed
 */
export function begin(changed) {
  const query = new URLSearchParams(location.search);
  for (const name of settings) {
    controls[name].value = query.get(name) ?? usual[name];
    // A value that a list does not have.
    if (controls[name].value === "" && name !== "q") controls[name].value = usual[name];
    controls[name].addEventListener("input", () => {
      write();
      if (name === "size") resize();
      changed();
    });
  }
  resize();
}
