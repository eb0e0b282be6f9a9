// @ts-check
// Selecting with a band that is drawn over the tiles by mouse or pen. A finger scrolls.
import { element } from "./tiles.js";

/** How far a pointer moves before it draws: less is a click. */
const least = 6;

/**
 * Begins to draw bands. `hit` hears of the tiles below one as it grows, and whether those selected before stay.
 * @param {(keys: string[], adds: boolean, begins: boolean) => void} hit
 */
export function begin(hit) {
  const wall = element("wall");
  const band = document.createElement("div");
  band.className = "band";
  /** @type {{x: number, y: number, adds: boolean} | null} */
  let from = null;
  let drawn = false;
  const end = () => {
    from = null;
    band.remove();
  };
  const elsewhere = "button, input, select, a, dialog, .bar, .actions, #failures";
  addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch" || wall.hidden || event.target instanceof Element && event.target.closest(elsewhere)) return;
    from = { x: event.pageX, y: event.pageY, adds: event.shiftKey || event.ctrlKey };
    drawn = false;
  });
  addEventListener("pointermove", (event) => {
    if (!from) return;
    if (event.buttons === 0) return end();
    const [left, right] = [from.x, event.pageX].sort((a, b) => a - b);
    const [top, bottom] = [from.y, event.pageY].sort((a, b) => a - b);
    const begins = !drawn;
    if (begins && right - left < least && bottom - top < least) return;
    drawn = true;
    document.body.append(band);
    Object.assign(band.style, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
    const below = [...wall.children].filter((node) => {
      if (!node.classList.contains("tile")) return false;
      const { left: l, right: r, top: t, bottom: b } = node.getBoundingClientRect();
      return r > left - scrollX && l < right - scrollX && b > top - scrollY && t < bottom - scrollY && r > l;
    });
    hit(below.map((node) => /** @type {HTMLElement} */ (node).dataset.key ?? ""), from.adds, begins);
  });
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
  // What ends a band is no click.
  addEventListener("click", (event) => {
    if (drawn) event.stopPropagation();
    drawn = false;
  }, true);
}
