// @ts-check
// What is selected: by click, by keys, by a band, all at once. One tile at a time takes the keys.
import * as band from "./band.js";
import { element, tiles } from "./tiles.js";

/** @typedef {import("./tiles.js").Tile} Tile */

const wall = element("wall");
/** @type {Set<string>} */
const selected = new Set();
/** @type {Tile[]} */
let shown = [];
/**
 * The end from which a range is selected.
 * @type {string | null}
 */
let anchor = null;
let changed = () => {};

/** The tiles that are selected, shown or not, in no order. */
export const selection = () => [...selected].flatMap((key) => tiles.get(key) ?? []);

function draw() {
  for (const tile of tiles.values()) {
    const is = selected.has(tile.key);
    if (tile.node.getAttribute("aria-selected") !== String(is)) tile.node.setAttribute("aria-selected", String(is));
  }
  changed();
}

/**
 * Takes the tiles that are shown now. What is not shown cannot be selected: nobody is hit unseen.
 * @param {Tile[]} all
 */
export function show(all) {
  shown = all;
  const there = new Set(all.map((tile) => tile.key));
  for (const key of selected) if (!there.has(key)) selected.delete(key);
  if (!all.some((tile) => tile.node.tabIndex === 0)) {
    for (const tile of tiles.values()) tile.node.tabIndex = -1;
    if (all[0]) all[0].node.tabIndex = 0;
  }
  draw();
}

/** Selects every tile that is shown; if all are, none. */
export function all() {
  const every = shown.every((tile) => selected.has(tile.key));
  selected.clear();
  if (!every) for (const tile of shown) selected.add(tile.key);
  draw();
}

/**
 * Adds the tiles that are shown of a Unix group's members to the selection.
 * @param {string} group
 */
export function ofGroup(group) {
  for (const tile of shown) if (tile.session.groups?.includes(group)) selected.add(tile.key);
  draw();
}

/** Selects nothing. */
export function none() {
  selected.clear();
  draw();
}

/** @param {Tile} tile */
function toggle(tile) {
  if (!selected.delete(tile.key)) selected.add(tile.key);
  anchor = tile.key;
  draw();
}

/** @param {Tile} tile */
function range(tile) {
  const at = (/** @type {string | null} */ key) => shown.findIndex((one) => one.key === key);
  const [from, to] = [Math.max(at(anchor), 0), at(tile.key)].sort((a, b) => a - b);
  for (const one of shown.slice(from, to + 1)) selected.add(one.key);
  draw();
}

/** @param {Tile} tile */
export function focus(tile) {
  for (const one of tiles.values()) if (one.node.tabIndex === 0) one.node.tabIndex = -1;
  tile.node.tabIndex = 0;
  tile.node.focus();
}

/** How many tiles stand beside each other. */
function columns() {
  const top = shown[0]?.node.offsetTop;
  const below = shown.findIndex((tile) => tile.node.offsetTop !== top);
  return below < 0 ? Math.max(shown.length, 1) : below;
}

/** @param {EventTarget | null} target */
function tileAt(target) {
  const node = target instanceof Element ? target.closest(".tile") : null;
  return node instanceof HTMLElement ? tiles.get(node.dataset.key ?? "") : undefined;
}

/**
 * Keys on a tile.
 * @param {KeyboardEvent} event
 * @param {(tile: Tile) => void} open
 */
function key(event, open) {
  const tile = tileAt(event.target);
  if (!tile || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = shown.indexOf(tile);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + columns(), ArrowUp: at - columns(), Home: 0, End: shown.length - 1 }[event.key];
  if (to !== undefined) {
    const next = shown[to];
    if (next) {
      anchor ??= tile.key;
      focus(next);
      if (event.shiftKey) {
        selected.add(tile.key);
        range(next);
      } else anchor = next.key;
    }
  } else if (event.key === " ") event.shiftKey ? range(tile) : toggle(tile);
  else if (event.key === "Enter") open(tile);
  else return;
  event.preventDefault();
}

/**
 * Begins to select.
 * @param {() => void} tell
 * @param {(tile: Tile) => void} open
 */
export function begin(tell, open) {
  changed = tell;
  wall.addEventListener("click", (event) => {
    const tile = tileAt(event.target);
    if (!tile) return;
    event.shiftKey ? range(tile) : toggle(tile);
    focus(tile);
  });
  wall.addEventListener("dblclick", (event) => {
    const tile = tileAt(event.target);
    if (tile) open(tile);
  });
  wall.addEventListener("keydown", (event) => key(event, open));
  /** @type {Set<string>} */
  let before = new Set();
  band.begin((keys, adds, begins) => {
    if (begins) before = new Set(adds ? selected : []);
    selected.clear();
    for (const key of before) selected.add(key);
    for (const key of keys) if (tiles.has(key)) selected.add(key);
    draw();
  });
}
