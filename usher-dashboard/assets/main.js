// @ts-check
// The page: news come in, tiles go out, keys and buttons lead to verbs.
import * as dialogs from "./dialogs.js";
import * as pictures from "./pictures.js";
import * as select from "./select.js";
import * as tables from "./tables.js";
import { arrange, draw, element, hosts, keyOf, lastWord, take, tiles, write } from "./tiles.js";
import * as verbs from "./verbs.js";
import * as view from "./view.js";
import { follow } from "./wire.js";
import { order, say, when } from "./words.js";

let heard = Date.now();

function drawHosts() {
  const nodes = [...hosts.values()].map((host) => {
    const node = document.createElement("li");
    node.className = host.reach;
    node.textContent = host.name;
    if (host.reach === "lost") node.title = `${say("lost", { host: host.name, why: host.why ?? "" })} (${lastWord(host)})`;
    if (host.reach === "waiting") node.title = say("waiting", { host: host.name });
    return node;
  });
  element("hosts").replaceChildren(...nodes);
}

/** Shows what is selected and what can be done with it. */
function drawSelection() {
  const count = select.selection().length;
  write(element("selected"), say("selected", { count }));
  for (const button of document.querySelectorAll("[data-verb]")) /** @type {HTMLButtonElement} */ (button).disabled = count === 0;
  // A close that counts down can be called off.
  element("cancel-close").hidden = !select.selection().some((tile) => tile.session.closing_at);
}

const group = /** @type {HTMLSelectElement} */ (element("group"));

/**
 * Offers the Unix groups of those who are shown.
 * @param {import("./tiles.js").Tile[]} shown
 */
function drawGroups(shown) {
  const all = [...new Set(shown.flatMap((tile) => tile.session.groups ?? []))].sort(order);
  if (all.join() === [...group.options].slice(1).map((option) => option.value).join()) return;
  group.replaceChildren(group.options[0], ...all.map((name) => new Option(name, name)));
  group.disabled = all.length === 0;
}

function drawAll() {
  const shown = arrange(view.wanted(), view.setting("sort"), view.setting("part"));
  select.show(shown);
  drawGroups(shown);
  const locked = shown.filter((tile) => tile.session.locked).length;
  write(element("counts"), say("counts", { count: shown.length, locked }));
  element("empty").hidden = view.setting("view") !== "wall" || shown.length > 0 || [...hosts.values()].some((host) => host.reach === "waiting");
  pictures.follow();
}

/** @param {import("./wire.js").News} news */
function news(news) {
  heard = Date.now();
  pictures.changed(news.screens.map(([host, id]) => keyOf(host, id)));
  if (!news.first && !news.hosts.length && !news.tiles.length && !news.gone.length) return;
  take(news);
  if (news.hosts.length) {
    drawHosts();
    verbs.drawBlock();
  }
  drawAll();
  if (view.setting("view") === "rules") tables.drawRules();
  if (!logged && view.setting("view") === "log") changed("view");
}

/** Whether the log was asked for since its view was opened. */
let logged = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let later;

/**
 * Shows what a setting changed.
 * @param {import("./view.js").Setting} name
 */
function changed(name) {
  drawAll();
  if (name === "size") pictures.resized();
  if (view.setting("view") === "rules") tables.drawRules();
  if (view.setting("view") !== "log") logged = false;
  else if (name === "view" || ["lq", "hours", "action"].includes(name)) {
    logged = hosts.size > 0;
    // A log is not asked for at each letter.
    clearTimeout(later);
    later = setTimeout(() => void tables.drawLog(), name === "lq" ? 400 : 0);
  }
}

/** @param {"here" | "away" | "out"} state */
function turn(state) {
  const lost = element("lost");
  document.body.classList.toggle("away", state !== "here");
  lost.hidden = state === "here";
  // Whoever signed in does so again; the link of a page of one's own is good once.
  const signs = state === "out" && document.getElementById("out");
  write(lost, state === "here" ? "" : signs ? say("signInOver") : state === "out" ? say("signedOut") : say("lostPage", { time: when(heard) }));
  if (!signs) return;
  const again = document.createElement("a");
  again.href = "/";
  again.textContent = say("signIn");
  lost.append(" ", again);
}

/** @type {Record<string, () => void>} */
const keys = {
  "/": () => element("filter").focus(),
  "?": () => /** @type {HTMLDialogElement} */ (element("keys-dialog")).showModal(),
  Escape: select.none,
  a: select.all,
  b: () => void verbs.turnBlock(),
  l: () => void verbs.act("lock"),
  u: () => void verbs.act("unlock"),
  d: () => void verbs.act("disconnect"),
  c: () => void verbs.act("close"),
};

document.addEventListener("keydown", (event) => {
  const writes = event.target instanceof HTMLInputElement && event.target.type !== "range" || event.target instanceof HTMLSelectElement;
  if (writes && event.key === "Escape") {
    // A field for searching would be emptied, and what was typed is there to stay.
    event.preventDefault();
    /** @type {HTMLElement} */ (event.target).blur();
  }
  if (writes || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (view.setting("view") !== "wall" && event.key !== "?") return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

// The tile's own keys come first, so that what is typed into the page's field reaches no verb.
view.begin(changed);
select.begin(drawSelection, pictures.enlarge);
dialogs.begin();
verbs.begin();
pictures.begin();
element("all").addEventListener("click", select.all);
document.getElementById("out")?.addEventListener("click", async () => {
  await fetch("/sign-out", { method: "POST" });
  location.assign("/");
});
group.addEventListener("input", () => {
  select.ofGroup(group.value);
  group.value = "";
});
element("again").addEventListener("click", () => void tables.drawLog());
addEventListener("lead", (event) => {
  view.go("wall");
  select.focus(/** @type {CustomEvent<import("./tiles.js").Tile>} */ (event).detail);
});
addEventListener("unrule", (event) => {
  const { host, rule } = /** @type {CustomEvent<{host: import("./wire.js").Host, rule: import("./wire.js").Rule}>} */ (event).detail;
  void verbs.unrule(host, rule);
});
element("keys").addEventListener("click", keys["?"]);
setInterval(() => { for (const tile of tiles.values()) draw(tile); }, 20000);
follow(news, turn);
