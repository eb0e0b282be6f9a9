// @ts-check
// Pictures of the tiles that are in view, while the page is: each is a look at somebody's screen, and on record.
import { element, hosts, part, tiles, write } from "./tiles.js";
import { setting } from "./view.js";
import { picture } from "./wire.js";
import { say } from "./words.js";

/** @typedef {import("./tiles.js").Tile} Tile */
/** @typedef {{tag: string | null, due: number, asked: boolean, locked: boolean, address: string | null}} Shot */

/** @type {Map<string, Shot>} */
const shots = new Map();
/** @type {Set<string>} */
const inView = new Set();
/** How many pictures are asked for at the same time: a browser has six connections for all that it does here. */
const most = 3;
let asking = 0;

const observer = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const key = /** @type {HTMLElement} */ (entry.target).dataset.key ?? "";
    entry.isIntersecting ? inView.add(key) : inView.delete(key);
  }
});

/** @param {number} width */
function sizeFor(width) {
  const pixels = width * devicePixelRatio;
  return pixels <= 170 ? "small" : pixels <= 400 ? "medium" : "large";
}

/**
 * Shows a picture in the place of another.
 * @param {HTMLImageElement} image
 * @param {Blob} blob
 * @param {string | null} before
 */
function put(image, blob, before) {
  const address = URL.createObjectURL(blob);
  image.src = address;
  if (before) URL.revokeObjectURL(before);
  return address;
}

/**
 * @param {Tile} tile
 * @param {Shot} shot
 */
async function ask(tile, shot) {
  shot.asked = true;
  asking += 1;
  const node = part(tile.node, ".screen");
  try {
    const got = await picture(tile.host, tile.session.session_id, sizeFor(node.clientWidth), shot.tag);
    if ("blob" in got) {
      shot.tag = got.tag;
      shot.address = put(/** @type {HTMLImageElement} */ (part(node, "img")), got.blob, shot.address);
      node.classList.add("pictured");
    } else if ("failed" in got) {
      node.classList.remove("pictured");
      write(part(node, ".blank"), say("noPicture", { why: got.failed }));
    }
    // One that failed is asked for less often.
    shot.due = Date.now() + Number(setting("every")) * 1000 * ("failed" in got ? 6 : 1);
  } catch {
    shot.due = Date.now() + 5000;
  } finally {
    shot.asked = false;
    asking -= 1;
  }
}

/** Asks for the pictures that are due, the longest due first. */
function tick() {
  if (document.hidden || setting("every") === "0") return;
  const due = [];
  for (const key of inView) {
    const [tile, shot] = [tiles.get(key), shots.get(key)];
    const ready = tile && shot && tile.shown && !shot.asked && shot.due <= Date.now();
    if (ready && hosts.get(tile.host)?.reach === "here") due.push({ tile, shot });
  }
  due.sort((a, b) => a.shot.due - b.shot.due);
  for (const { tile, shot } of due.slice(0, most - asking)) void ask(tile, shot);
}

/** Follows the tiles that there are. */
export function follow() {
  for (const [key, shot] of shots) {
    if (tiles.has(key)) continue;
    if (shot.address) URL.revokeObjectURL(shot.address);
    shots.delete(key);
    inView.delete(key);
  }
  for (const tile of tiles.values()) {
    const shot = shots.get(tile.key);
    if (!shot) {
      shots.set(tile.key, { tag: null, due: 0, asked: false, locked: tile.session.locked, address: null });
      observer.observe(tile.node);
    } else if (shot.locked !== tile.session.locked) {
      shot.locked = tile.session.locked;
      shot.due = 0;
    }
  }
}

/** Begins to ask. */
export function begin() {
  setInterval(tick, 250);
}

/**
 * Shows one session large, for as long as its dialog is open.
 * @param {Tile} tile
 */
export function enlarge(tile) {
  const dialog = /** @type {HTMLDialogElement} */ (element("large"));
  const image = /** @type {HTMLImageElement} */ (part(dialog, "img"));
  /** @type {string | null} */
  let address = null;
  /** @type {string | null} */
  let tag = null;
  let open = true;
  image.removeAttribute("src");
  write(element("large-title"), `${tile.session.user} · ${hosts.get(tile.host)?.name ?? ""} · ${tile.session.session_id}`);
  dialog.addEventListener("close", () => { open = false; if (address) URL.revokeObjectURL(address); }, { once: true });
  dialog.showModal();
  const look = async () => {
    while (open) {
      const got = document.hidden ? null : await picture(tile.host, tile.session.session_id, "large", tag).catch(() => null);
      if (!open) return;
      if (got && "blob" in got) {
        tag = got.tag;
        address = put(image, got.blob, address);
      }
      write(part(dialog, ".about"), got && "failed" in got ? say("noPicture", { why: got.failed }) : tile.session.title);
      await new Promise((after) => setTimeout(after, got && "failed" in got ? 5000 : 1000));
    }
  };
  void look();
}
