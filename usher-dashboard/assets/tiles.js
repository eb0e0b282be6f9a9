// @ts-check
// The tiles: one for each session, filled with text alone.
import { list, order, say, when } from "./words.js";

/** @typedef {import("./wire.js").Session} Session */
/** @typedef {import("./wire.js").Host} Host */

/**
 * A session on the wall.
 * @typedef {{key: string, host: number, session: Session, heard: number, node: HTMLElement, shown: boolean}} Tile
 */

/**
 * An element of the page that is there.
 * @param {string} id
 */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(id);
  return found;
}

/**
 * A part of an element.
 * @param {ParentNode} node
 * @param {string} selector
 */
export function part(node, selector) {
  return /** @type {HTMLElement} */ (node.querySelector(selector));
}

/** @type {Map<string, Tile>} */
export const tiles = new Map();
/** @type {Map<number, Host>} */
export const hosts = new Map();

const wall = element("wall");
const template = /** @type {HTMLTemplateElement} */ (element("tile"));

/**
 * @param {number} host
 * @param {number} id
 */
export const keyOf = (host, id) => `${host}-${id}`;

/**
 * Takes in what changed, and gives the keys of the tiles that are gone.
 * @param {import("./wire.js").News} news
 */
export function take(news) {
  if (news.first) hosts.clear();
  for (const host of news.hosts) hosts.set(host.index, host);
  const there = new Set(news.tiles.map((told) => keyOf(told.host, told.session.session_id)));
  const gone = news.first ? [...tiles.keys()].filter((key) => !there.has(key)) : news.gone.map(([host, id]) => keyOf(host, id));
  for (const key of gone) {
    tiles.get(key)?.node.remove();
    tiles.delete(key);
  }
  for (const { host, session } of news.tiles) put(host, session);
  // Every tile names its host.
  for (const tile of tiles.values()) if (news.hosts.length || there.has(tile.key)) draw(tile);
  return gone;
}

/**
 * @param {number} host
 * @param {Session} session
 */
function put(host, session) {
  const key = keyOf(host, session.session_id);
  const known = tiles.get(key);
  if (known) {
    known.session = session;
    known.heard = Date.now();
    return;
  }
  const node = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild);
  node.dataset.key = key;
  node.id = `tile-${key}`;
  tiles.set(key, { key, host, session, heard: Date.now(), node, shown: true });
  wall.append(node);
}

/**
 * Writes text where it differs, so that nothing is laid out again for nothing.
 * @param {Element} node
 * @param {string} text
 */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {Tile} tile */
export function draw(tile) {
  const { node, session } = tile;
  const host = hosts.get(tile.host);
  const lost = !host || host.reach !== "here";
  node.classList.toggle("locked", session.locked);
  node.classList.toggle("lost", lost);
  node.classList.toggle("away", session.state === "disconnected");
  write(part(node, ".user"), session.user);
  write(part(node, ".title"), session.title);
  part(node, ".title").title = session.title;
  write(part(node, ".kind"), { x11: "X11", wayland: "Wayland", ssh: "ssh" }[session.kind] ?? say(session.kind));
  write(part(node, ".host"), `${host?.name ?? ""} · ${session.session_id}`);
  part(node, ".outcome").title = part(node, ".outcome").textContent ?? "";
  write(part(node, ".station"), session.own ? say("own") : place(session));
  write(part(node, ".idle"), lost ? lastWord(host) : idle(tile));
  write(part(node, ".lock"), lockText(session));
  node.setAttribute("aria-label", label(tile));
}

/** @param {Session} session */
export function place(session) {
  if (session.client) return say("from", { where: session.client });
  return session.station_id === null ? say("nobody") : say("station", { where: session.station_id });
}

/** @param {Tile} tile */
function idle(tile) {
  const seconds = tile.session.idle_seconds + (Date.now() - tile.heard) / 1000;
  if (seconds < 60) return say("active");
  if (seconds < 5400) return say("idleMinutes", { count: Math.floor(seconds / 60) });
  return say("idleHours", { count: Math.round(seconds / 3600) });
}

/** @param {Host | undefined} host */
export function lastWord(host) {
  return host?.last_word ? say("lastWord", { time: when(host.last_word) }) : say("never");
}

/** @param {Session} session */
function lockText(session) {
  const lines = [];
  if (session.closing_at) lines.push(say("closingAt", { time: when(session.closing_at) }));
  const { lock } = session;
  if (lock) {
    const values = { by: lock.by, until: lock.until ? when(lock.until) : "" };
    lines.push(lock.message, lock.until ? say("lockedUntil", values) : say("lockedBy", values));
  }
  return lines.join("\n");
}

/** @param {Tile} tile */
function label(tile) {
  const texts = [".user", ".title", ".kind", ".host", ".station", ".idle", ".lock", ".outcome"];
  return list(texts.map((selector) => part(tile.node, selector).textContent ?? "").filter(Boolean));
}

/**
 * What a tile is found by.
 * @param {Tile} tile
 */
function found(tile) {
  const { session } = tile;
  return [session.user, session.title, hosts.get(tile.host)?.name, session.session_id, session.kind, session.client, session.lock?.message]
    .join(" ").toLowerCase();
}

/** @type {Record<string, (a: Tile, b: Tile) => number>} */
const orders = {
  user: (a, b) => order(a.session.user, b.session.user),
  host: (a, b) => order(hosts.get(a.host)?.name ?? "", hosts.get(b.host)?.name ?? ""),
  where: (a, b) => order(place(a.session), place(b.session)),
  idle: (a, b) => b.session.idle_seconds - a.session.idle_seconds,
  locked: (a, b) => Number(b.session.locked) - Number(a.session.locked),
};

/**
 * The part of the wall that a tile stands in.
 * @param {Tile} tile
 * @param {string} parts
 */
function partOf(tile, parts) {
  if (parts === "host") return hosts.get(tile.host)?.name ?? "";
  return parts === "group" ? [...tile.session.groups ?? []].sort(order)[0] ?? say("groupless") : "";
}

/** @type {Map<string, HTMLElement>} */
const heads = new Map();

/**
 * The head of a part. Each tile names its host itself, for who hears the page.
 * @param {string} name
 */
function headOf(name) {
  const known = heads.get(name);
  if (known) return known;
  const head = document.createElement("h2");
  head.setAttribute("aria-hidden", "true");
  head.textContent = name;
  heads.set(name, head);
  return head;
}

/**
 * Shows the tiles that are wanted, in these parts and in this order, and gives them.
 * @param {string[]} wanted
 * @param {string} sort
 * @param {string} parts
 */
export function arrange(wanted, sort, parts) {
  const by = orders[sort] ?? orders.user;
  const all = [...tiles.values()].sort((a, b) => order(partOf(a, parts), partOf(b, parts)) || by(a, b) || order(a.session.user, b.session.user) || a.host - b.host || a.session.session_id - b.session.session_id);
  for (const tile of all) {
    const text = wanted.length ? found(tile) : "";
    tile.shown = wanted.every((word) => text.includes(word));
    tile.node.hidden = !tile.shown;
  }
  // A node that moves loses the focus: only those that stand wrong are moved.
  const focused = document.activeElement;
  /** @type {HTMLElement[]} */
  const nodes = [];
  let last = "";
  for (const tile of all) {
    const name = partOf(tile, parts);
    if (tile.shown && name !== last) nodes.push(headOf(last = name));
    nodes.push(tile.node);
  }
  for (const [name, head] of heads) if (!nodes.includes(head) && heads.delete(name)) head.remove();
  nodes.forEach((node, at) => {
    if (wall.children[at] !== node) wall.insertBefore(node, wall.children[at] ?? null);
  });
  if (focused instanceof HTMLElement && focused !== document.activeElement && wall.contains(focused)) focused.focus({ preventScroll: true });
  return all.filter((tile) => tile.shown);
}
