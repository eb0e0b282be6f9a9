// @ts-check
// Verbs on the selection, and what became of them. A tile is green only for what was observed; what failed stays until
// somebody has seen it.
import { ask } from "./dialogs.js";
import { none, selection } from "./select.js";
import { draw, element, hosts, keyOf, part, tiles, write } from "./tiles.js";
import { send } from "./wire.js";
import { list, say, when } from "./words.js";

/** @typedef {import("./tiles.js").Tile} Tile */
/** @typedef {import("./wire.js").Outcome} Outcome */
/** @typedef {import("./wire.js").Order} Order */

const failures = element("failures");
const block = /** @type {HTMLButtonElement} */ (element("block"));
/** How long a tile shows what went well. */
const shownFor = 6000;

/** @param {string} text */
export function speak(text) {
  write(element("said"), text);
}

/**
 * @param {Tile | undefined} tile
 * @param {string} state
 * @param {string} text
 */
function mark(tile, state, text) {
  if (!tile) return;
  tile.node.dataset.outcome = state;
  write(part(tile.node, ".outcome"), text);
  draw(tile);
  if (state === "done" || state === "unchanged") {
    setTimeout(() => {
      if (tile.node.dataset.outcome === state) unmark(tile);
    }, shownFor);
  }
}

/** @param {Tile | undefined} tile */
function unmark(tile) {
  if (!tile) return;
  delete tile.node.dataset.outcome;
  write(part(tile.node, ".outcome"), "");
  draw(tile);
}

/**
 * Says what was not done, until it was seen.
 * @param {Tile[]} hit
 * @param {string} verb
 * @param {string} about
 * @param {string} why
 * @param {import("./wire.js").Failure | null} error
 */
function complain(hit, verb, about, why, error) {
  for (const tile of hit) mark(tile, "failed", why);
  const item = document.createElement("li");
  const text = (/** @type {string} */ name, /** @type {string} */ said) => {
    const node = document.createElement(name);
    node.textContent = said;
    item.append(node);
    return node;
  };
  text("strong", `${say(verb)} · ${about}`);
  text("p", why);
  const choices = text("div", "");
  choices.className = "choices";
  const blocked = error?.id === "StillBlocked" && hit.length > 0;
  if (error?.hint && !blocked) text("p", error.hint).className = "hint";
  const seen = text("button", say("seen"));
  choices.append(seen);
  if (blocked) {
    const exempt = text("button", say("exempt"));
    choices.append(exempt);
    exempt.addEventListener("click", () => {
      item.remove();
      forget();
      void order("unlock", hit, { exempt: true });
    });
  }
  seen.addEventListener("click", () => {
    item.remove();
    for (const tile of hit) if (tile.node.dataset.outcome === "failed") unmark(tile);
    forget();
  });
  part(failures, "ul").append(item);
  failures.hidden = false;
}

function forget() {
  failures.hidden = !part(failures, "li");
}

/** @param {Tile} tile */
const named = (tile) => `${tile.session.user} @ ${hosts.get(tile.host)?.name ?? ""} · ${tile.session.session_id}`;

/**
 * @param {string} verb
 * @param {number} host
 * @param {Outcome} outcome
 * @param {Tile[]} hit
 */
function take(verb, host, outcome, hit) {
  const tile = outcome.session_id === null ? undefined : tiles.get(keyOf(host, outcome.session_id));
  const place = hosts.get(host)?.name ?? String(host);
  const about = tile ? named(tile) : outcome.session_id === null ? place : `${outcome.user ?? ""} @ ${place} · ${outcome.session_id}`;
  const why = outcome.error?.message ?? "";
  // What was sent and not answered may have been done.
  const unclear = outcome.error?.id === "OutcomeUnknown";
  if (outcome.result === "failed") complain(tile ? [tile] : hit, verb, about, say(unclear ? "unclear" : "failed", { why }), outcome.error);
  else if (outcome.result === "skipped") mark(tile, "skipped", say("skipped", { why }));
  else if (!outcome.observed) mark(tile, "unseen", say("unseen"));
  else mark(tile, outcome.result, outcome.result === "unchanged" ? say("unchanged") : say("done"));
}

/**
 * Sends an order for these tiles, and shows what becomes of each.
 * @param {string} verb
 * @param {Tile[]} hit
 * @param {Omit<Order, "targets">} terms
 */
async function order(verb, hit, terms) {
  /** @type {Record<string, number[]>} */
  const targets = {};
  for (const tile of hit) (targets[tile.host] ??= []).push(tile.session.session_id);
  for (const tile of hit) mark(tile, "busy", say("busy"));
  await sent(verb, { targets, ...terms }, hit);
}

/**
 * @param {string} verb
 * @param {Order} order
 * @param {Tile[]} hit
 */
async function sent(verb, order, hit) {
  const unheard = new Set(hit.map((tile) => tile.key));
  const hostsUnheard = new Set(Object.keys(order.targets));
  const counts = { done: 0, failed: 0 };
  const { complete, refused } = await send(verb, order, (answer) => {
    hostsUnheard.delete(String(answer.host));
    for (const outcome of answer.outcomes) {
      // What failed for a whole host failed for each of its tiles.
      const meant = hit.filter((tile) => tile.host === answer.host && (outcome.session_id ?? tile.session.session_id) === tile.session.session_id);
      for (const tile of meant) unheard.delete(tile.key);
      outcome.result === "failed" ? counts.failed++ : counts.done++;
      take(verb, answer.host, outcome, meant);
    }
  });
  const why = refused === null ? say("unknown") : say("wrongOrder", { why: refused });
  if (!complete || unheard.size) {
    for (const key of unheard) {
      const tile = tiles.get(key);
      if (tile) complain([tile], verb, named(tile), why, null);
    }
    if (!hit.length) for (const host of hostsUnheard) complain([], verb, hosts.get(Number(host))?.name ?? "", why, null);
  }
  speak(`${say(verb)}: ${say("done")} ${counts.done}, ${say("failed", { why: counts.failed + unheard.size })}`);
}

/** @param {Tile[]} hit */
const hits = (hit) => say("hits", { count: hit.length, names: list(hit.map((tile) => `${tile.session.user} (${hosts.get(tile.host)?.name ?? ""})`)) });

/**
 * Carries out a verb on the selection, once what it takes was said.
 * @param {string} verb
 */
export async function act(verb) {
  const hit = selection();
  if (!hit.length) return;
  const terms = verb === "unlock" || verb === "cancel-close" ? {} : await ask(`${verb}-dialog`, hits(hit));
  if (!terms) return;
  none();
  await order(verb, hit, terms);
}

/** The hosts that can be told of rules. */
const ruled = () => [...hosts.values()].filter((host) => host.reach === "here" && host.rules);
/** @param {import("./wire.js").Host} host */
const ruleOf = (host) => host.rules?.find((rule) => rule.name === "all");

/** Draws the switch: on, off, or on for some. */
export function drawBlock() {
  const all = ruled();
  const on = all.filter(ruleOf);
  block.disabled = all.length === 0;
  block.setAttribute("aria-checked", on.length === 0 ? "false" : on.length === all.length ? "true" : "mixed");
  const rule = on[0] && ruleOf(on[0]);
  const texts = [];
  if (rule) {
    const values = { by: rule.by, since: when(rule.since), until: rule.until ? when(rule.until) : "" };
    texts.push(rule.until ? say("ruleUntil", values) : say("ruleBy", values));
    if (on.length < all.length) texts.push(say("ruleSome", { names: list(on.map((host) => host.name)) }));
  }
  write(element("blocked"), texts.join(" · "));
}

/** Turns the switch. */
export async function turnBlock() {
  if (block.disabled) return;
  const all = ruled();
  const on = all.filter(ruleOf);
  const targets = (/** @type {import("./wire.js").Host[]} */ some) => Object.fromEntries(some.map((host) => [host.index, []]));
  if (on.length) return sent("unblock-all", { targets: targets(on) }, []);
  const terms = await ask("block-dialog", say("hitsHosts", { names: list(all.map((host) => host.name)) }));
  if (terms) await sent("block-all", { targets: targets(all), ...terms }, []);
}

/**
 * Removes a rule of a host's.
 * @param {import("./wire.js").Host} host
 * @param {import("./wire.js").Rule} rule
 */
export const unrule = (host, rule) => sent("unblock", { targets: { [host.index]: [] }, rule: rule.name }, []);

/** Begins to listen. */
export function begin() {
  for (const button of document.querySelectorAll("[data-verb]")) {
    button.addEventListener("click", () => void act(/** @type {HTMLElement} */ (button).dataset.verb ?? ""));
  }
  block.addEventListener("click", () => void turnBlock());
  element("seen-all").addEventListener("click", () => {
    part(failures, "ul").replaceChildren();
    for (const tile of tiles.values()) if (tile.node.dataset.outcome === "failed") unmark(tile);
    forget();
  });
}
