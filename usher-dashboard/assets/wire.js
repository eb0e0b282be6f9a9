// @ts-check
// What goes between page and dashboard: one stream of news, orders, pictures.

/**
 * @typedef {{message: string, by: string, since: string, until: string | null, source: string}} Lock
 * @typedef {{session_id: number, user: string, kind: string, state: string, station_id: number | null,
 *   client: string | null, locked: boolean, lock: Lock | null, idle_seconds: number, title: string,
 *   closing_at?: string, own?: boolean, groups?: string[]}} Session
 * @typedef {{name: string, message: string, by: string, since: string, until: string | null}} Rule
 * @typedef {{index: number, name: string, reach: "waiting" | "here" | "lost", last_word: string | null,
 *   why: string | null, version: string | null, tells_looks: boolean, rules: Rule[] | null}} Host
 * @typedef {{time: string, actor: string, from: string, action: string, message: string | null, targets: (number | string)[],
 *   more: number, users: string[], done: number, failed: number, why: string | null, repeated: number}} Shown
 * @typedef {{first: boolean, hosts: Host[], tiles: {host: number, session: Session}[], gone: [number, number][], screens: [number, number][]}} News
 * @typedef {{id: string, message: string, hint: string | null}} Failure
 * @typedef {{session_id: number | null, user: string | null, result: string, observed: boolean, error: Failure | null}} Outcome
 * @typedef {{host: number, outcomes: Outcome[]}} Answer
 * @typedef {{targets: Record<string, number[]>, message?: string, for_seconds?: number, notice_seconds?: number, exempt?: boolean, rule?: string}} Order
 */

/**
 * Follows what happens, also after the dashboard was away.
 * @param {(news: News) => void} take
 * @param {(state: "here" | "away" | "out") => void} turn
 */
export function follow(take, turn) {
  const events = new EventSource("/events");
  events.onopen = () => turn("here");
  events.onmessage = (event) => take(JSON.parse(event.data));
  // A stream that was refused is not tried again by itself.
  events.onerror = () => turn(events.readyState === EventSource.CLOSED ? "out" : "away");
}

/**
 * Sends an order, and tells of each host's answer as it comes. Gives what is wrong with the order itself; whether all
 * hosts were heard is in `complete`.
 * @param {string} verb
 * @param {Order} order
 * @param {(answer: Answer) => void} answered
 * @returns {Promise<{complete: boolean, refused: string | null}>}
 */
export async function send(verb, order, answered) {
  let sent = false;
  try {
    const response = await fetch(`/verbs/${verb}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(order),
    });
    sent = true;
    if (!response.ok || !response.body) return { complete: false, refused: (await response.text()).slice(0, 300) };
    let complete = false;
    for await (const line of lines(response.body)) {
      const said = JSON.parse(line);
      if (said.end) complete = true;
      else answered(said);
    }
    return { complete, refused: null };
  } catch (error) {
    return { complete: false, refused: sent ? null : String(error) };
  }
}

/**
 * The lines of a stream as they come.
 * @param {ReadableStream<BufferSource>} body
 */
async function* lines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop() ?? "";
    yield* parts.filter((line) => line !== "");
  }
}

/** @param {Response} response */
async function failure(response) {
  const said = response.headers.get("content-type") === "application/json" ? (await response.json()).error.message : "";
  return { failed: said || String(response.status) };
}

/**
 * What a host's audit log has of what is looked for, the newest first.
 * @param {number} host
 * @param {URLSearchParams} query
 * @returns {Promise<{records: Shown[], more: boolean} | {failed: string}>}
 */
export async function records(host, query) {
  try {
    const response = await fetch(`/log/${host}?${query}`);
    return response.ok ? await response.json() : await failure(response);
  } catch (error) {
    return { failed: String(error) };
  }
}

/** Whether this browser shows WebP: it is given one of a single pixel. */
const webp = (async () => {
  const pixel = atob("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==");
  const blob = new Blob([Uint8Array.from(pixel, (one) => one.charCodeAt(0))], { type: "image/webp" });
  return createImageBitmap(blob).then(() => true, () => false);
})();

/**
 * A picture, unless it is the one that the page has.
 * @param {number} host
 * @param {number} id
 * @param {"small" | "medium" | "large"} size
 * @param {string | null} tag
 * @returns {Promise<{tag: string, blob: Blob, told: boolean} | {same: true, told: boolean} | {failed: string}>}
 */
export async function picture(host, id, size, tag) {
  const accept = (await webp) ? "image/webp" : "image/png";
  /** @type {Record<string, string>} */
  const headers = { accept };
  if (tag) headers["if-none-match"] = tag;
  const response = await fetch(`/pictures/${host}/${id}?size=${size}`, { headers });
  // Whether the news say when the screen shows something else.
  const told = response.headers.get("usher-screen") === "told";
  if (response.status === 304) return { same: true, told };
  if (!response.ok) return failure(response);
  return { tag: response.headers.get("etag") ?? "", blob: await response.blob(), told };
}
