// @ts-check
// Pictures of the tiles that are in view, while the page is: each is a look at somebody's screen, and on record.
import { element, hosts, part, tiles, write } from "./tiles.js";
import { setting } from "./view.js";
import { picture } from "./wire.js";
import { say } from "./words.js";

/** @typedef {import("./tiles.js").Tile} Tile */
/** @typedef {{tag: string | null, due: number, soonest: number, changed: boolean, asked: boolean, locked: boolean, address: string | null}} Shot */

/** @type {Map<string, Shot>} */
const shots = new Map();
/** @type {Set<string>} */
const inView = new Set();
/** How many pictures are asked for at the same time: a browser has six connections for all that it does here. */
const most = 3;
/** A host that tells of changes is asked this often all the same, so that it knows that somebody still looks. */
const reminder = 40_000;
/** The milliseconds between two pictures of the large view at least. */
const pause = 100;
let asking = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {{key: string, wake: () => void} | null} */
let enlarged = null;

const observer = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const key = /** @type {HTMLElement} */ (entry.target).dataset.key ?? "";
    entry.isIntersecting ? inView.add(key) : inView.delete(key);
  }
  plan();
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
  shot.changed = false;
  asking += 1;
  const node = part(tile.node, ".screen");
  const every = Number(setting("every")) * 1000;
  shot.soonest = Date.now() + every;
  let wait = 5000;
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
    wait = "failed" in got ? Math.max(every * 6, 12_000) : got.told ? reminder : Math.max(every, 2000);
  } catch {
    // The page says itself that it hears nothing.
  } finally {
    shot.asked = false;
    shot.due = shot.changed ? shot.soonest : Date.now() + wait;
    asking -= 1;
    plan();
  }
}

/** The tiles whose pictures are shown, and are not on their way. */
function seen() {
  if (document.hidden || setting("every") === "0") return [];
  return [...inView].flatMap((key) => {
    const [tile, shot] = [tiles.get(key), shots.get(key)];
    return tile?.shown && shot && !shot.asked && hosts.get(tile.host)?.reach === "here" ? [{ tile, shot }] : [];
  });
}

/** Waits until the next picture is due. Nothing runs before that. */
function plan() {
  clearTimeout(timer);
  const due = Math.min(...seen().map(({ shot }) => shot.due));
  if (asking < most && due < Infinity) timer = setTimeout(tick, Math.max(0, due - Date.now()));
}

/** Asks for the pictures that are due, the longest due first. */
function tick() {
  const due = seen().filter(({ shot }) => shot.due <= Date.now());
  due.sort((a, b) => a.shot.due - b.shot.due);
  for (const { tile, shot } of due.slice(0, most - asking)) void ask(tile, shot);
  plan();
}

/**
 * Takes in that screens changed: each has one picture more, when it may.
 * @param {string[]} keys
 */
export function changed(keys) {
  for (const key of keys) {
    const shot = shots.get(key);
    if (shot) [shot.changed, shot.due] = [true, Math.min(shot.due, shot.soonest)];
    if (enlarged?.key === key) enlarged.wake();
  }
  if (keys.length) plan();
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
      shots.set(tile.key, { tag: null, due: 0, soonest: 0, changed: false, asked: false, locked: tile.session.locked, address: null });
      observer.observe(tile.node);
    } else if (shot.locked !== tile.session.locked) {
      shot.locked = tile.session.locked;
      shot.changed = true;
      shot.due = 0;
    }
  }
  plan();
}

/** Asks again soon: tiles of another size have other pictures. */
export function resized() {
  for (const shot of shots.values()) shot.due = Math.min(shot.due, Date.now() + 500);
  plan();
}

/** Begins to ask. */
export function begin() {
  document.addEventListener("visibilitychange", plan);
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
  write(part(dialog, ".told"), say(hosts.get(tile.host)?.tells_looks && tile.session.kind !== "wayland" ? "lookTold" : "lookUntold", { user: tile.session.user }));
  dialog.addEventListener("close", () => { open = false; enlarged = null; if (address) URL.revokeObjectURL(address); }, { once: true });
  dialog.showModal();
  const look = async () => {
    while (open) {
      let changed = false;
      let wake = () => { changed = true; };
      enlarged = { key: tile.key, wake: () => wake() };
      const begun = Date.now();
      const got = document.hidden ? null : await picture(tile.host, tile.session.session_id, "large", tag).catch(() => null);
      if (!open) return;
      if (got && "blob" in got) {
        tag = got.tag;
        address = put(image, got.blob, address);
      }
      write(part(dialog, ".about"), got && "failed" in got ? say("noPicture", { why: got.failed }) : tile.session.title);
      const wait = !got || "failed" in got ? 5000 : got.told ? reminder : 1000;
      await new Promise((/** @type {(value: void) => void} */ after) => {
        const soon = () => setTimeout(after, Math.max(0, begun + pause - Date.now()));
        wake = soon;
        changed ? soon() : setTimeout(after, wait);
      });
    }
  };
  void look();
}
