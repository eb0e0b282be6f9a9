// @ts-check
// The audit log of the hosts, their rules, and what is known of each: tables of text.
import { element, hosts, keyOf, lastWord, tiles, write } from "./tiles.js";
import { setting } from "./view.js";
import { records } from "./wire.js";
import { list, say, when } from "./words.js";

/** @typedef {string | Node} Cell */

/** How many records are shown at most. */
const most = 500;
let asked = 0;

/**
 * Shows rows. Each cell says its column, for where there is no room for columns.
 * @param {string} id
 * @param {Cell[][]} rows
 */
function fill(id, rows) {
  const body = element(id);
  const heads = [...(body.parentElement?.querySelectorAll("th") ?? [])].map((head) => head.textContent ?? "");
  body.replaceChildren(...rows.map((cells) => {
    const row = document.createElement("tr");
    row.append(...cells.map((cell, at) => {
      const node = document.createElement("td");
      node.dataset.head = heads[at];
      node.append(cell);
      return node;
    }));
    return row;
  }));
}

/**
 * Leads to a session's tile, if it is there.
 * @param {number} host
 * @param {number} id
 */
function link(host, id) {
  const tile = tiles.get(keyOf(host, id));
  const node = document.createElement(tile ? "button" : "span");
  node.textContent = String(id);
  node.addEventListener("click", () => tile && node.dispatchEvent(new CustomEvent("lead", { bubbles: true, detail: tile })));
  return node;
}

/**
 * @param {number} host
 * @param {import("./wire.js").Shown} record
 */
function whom(host, record) {
  const cell = document.createElement("span");
  record.targets.forEach((target, at) => {
    if (at) cell.append(" ");
    cell.append(typeof target === "number" ? link(host, target) : target);
  });
  const more = record.more ? ` +${record.more}` : "";
  const users = record.users.length ? ` (${list(record.users)})` : "";
  cell.append(more + users);
  if (record.message) cell.append(` “${record.message}”`);
  return cell;
}

/** @param {import("./wire.js").Shown} record */
function result(record) {
  const node = document.createElement("span");
  node.className = record.failed ? "bad" : "";
  const counts = record.done + record.failed > 1 ? ` ${record.done}/${record.done + record.failed}` : "";
  const said = record.failed ? say("failed", { why: record.why ?? "" }) : [say("done"), record.why].filter(Boolean).join(" · ");
  node.textContent = said + counts + (record.repeated ? ` ×${record.repeated + 1}` : "");
  return node;
}

/** Asks every host that can be heard for what is looked for, and shows it as it comes. */
export async function drawLog() {
  const turn = ++asked;
  const query = new URLSearchParams();
  if (setting("lq").trim()) query.set("q", setting("lq").trim());
  if (setting("hours") !== "0") query.set("hours", setting("hours"));
  if (setting("action")) query.set("action", setting("action"));
  /** @type {{host: import("./wire.js").Host, record: import("./wire.js").Shown}[]} */
  const all = [];
  /** @type {string[]} */
  const said = [];
  write(element("log-said"), say("busy"));
  await Promise.all([...hosts.values()].map(async (host) => {
    const got = host.reach === "here" ? await records(host.index, query) : { failed: say("lost", { host: host.name, why: host.why ?? "" }) };
    if (turn !== asked) return;
    if ("failed" in got) said.push(`${host.name}: ${got.failed}`);
    else {
      all.push(...got.records.map((record) => ({ host, record })));
      if (got.more) said.push(say("logMore", { host: host.name }));
    }
    all.sort((a, b) => Date.parse(b.record.time) - Date.parse(a.record.time));
    fill("records", all.slice(0, most).map(({ host, record }) => [when(record.time), host.name, `${record.actor} · ${record.from}`, record.action, whom(host.index, record), result(record)]));
  }));
  if (turn === asked) write(element("log-said"), said.length ? said.join(" · ") : say("logCount", { count: all.length }));
}

/**
 * A button that removes a rule.
 * @param {import("./wire.js").Host} host
 * @param {import("./wire.js").Rule} rule
 */
function removal(host, rule) {
  const node = document.createElement("button");
  node.textContent = say("unblock");
  node.setAttribute("aria-label", `${say("unblock")}: ${rule.name}, ${host.name}`);
  node.disabled = host.reach !== "here";
  node.addEventListener("click", () => node.dispatchEvent(new CustomEvent("unrule", { bubbles: true, detail: { host, rule } })));
  return node;
}

/** Shows rules and hosts as they are known now. */
export function drawRules() {
  const all = [...hosts.values()];
  const rules = all.flatMap((host) => (host.rules ?? []).map((rule) => ({ host, rule })));
  fill("standing", rules.map(({ host, rule }) => [host.name, rule.name, rule.message, rule.by, when(rule.since), rule.until ? when(rule.until) : "–", removal(host, rule)]));
  element("no-rules").hidden = rules.length > 0;
  const state = (/** @type {import("./wire.js").Host} */ host) => {
    if (host.reach === "here") return say("here");
    return host.reach === "lost" ? say("lost", { host: host.name, why: host.why ?? "" }) : say("waiting", { host: host.name });
  };
  const count = (/** @type {import("./wire.js").Host} */ host) => String([...tiles.values()].filter((tile) => tile.host === host.index).length);
  fill("reached", all.map((host) => [host.name, state(host), host.version ?? "–", count(host), host.reach === "here" ? say("now") : lastWord(host)]));
}
