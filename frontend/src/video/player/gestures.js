// Fingers on the picture: a tap shows the controls, two on a side seek, a long press doubles the speed, a swipe up fills the screen.
// Knows points and moments only, so that tests can play them.

const TAP_MS = 280;
const HOLD_MS = 500;
const STILL = 12;
const SWIPE = 60;

export class Gestures {
  #tell;
  #timers;
  #down = null;
  #last = null;
  #holding = false;
  #hold = null;
  #single = null;

  /** `tell`: `{tap(), seek(side, times), middle(), hold(on), swipe(direction)}`; `timers`: `{now, set, clear}`. */
  constructor(tell, timers = { now: () => performance.now(), set: (run, ms) => setTimeout(run, ms), clear: (id) => clearTimeout(id) }) {
    this.#tell = tell;
    this.#timers = timers;
  }

  /** `x` from 0 to 1 over the width of the picture, `px` and `py` in pixels. */
  down({ id, x, px, py }) {
    if (this.#down) return this.cancel();
    this.#down = { id, x, px, py, at: this.#timers.now() };
    this.#hold = this.#timers.set(() => {
      this.#holding = true;
      this.#tell.hold(true);
    }, HOLD_MS);
  }

  move({ id, px, py }) {
    const down = this.#down;
    if (!down || down.id !== id || this.#holding) return;
    if (Math.hypot(px - down.px, py - down.py) > STILL) this.#timers.clear(this.#hold);
  }

  up({ id, px, py }) {
    const down = this.#down;
    if (!down || down.id !== id) return;
    this.#down = null;
    this.#timers.clear(this.#hold);
    if (this.#holding) return this.#letGo();
    const [right, below] = [px - down.px, py - down.py];
    if (Math.abs(below) > SWIPE && Math.abs(below) > 2 * Math.abs(right)) return this.#tell.swipe(below < 0 ? "up" : "down");
    if (Math.hypot(right, below) <= STILL && this.#timers.now() - down.at < HOLD_MS) this.#tapped(down.x);
  }

  cancel() {
    this.#timers.clear(this.#hold);
    this.#down = null;
    if (this.#holding) this.#letGo();
  }

  #letGo() {
    this.#holding = false;
    this.#tell.hold(false);
  }

  #tapped(x) {
    const now = this.#timers.now();
    const side = x < 0.35 ? "left" : x > 0.65 ? "right" : "middle";
    const last = this.#last;
    this.#timers.clear(this.#single);
    if (last && last.side === side && now - last.at < TAP_MS * (last.times > 1 ? 2 : 1)) {
      this.#last = { side, at: now, times: last.times + 1 };
      if (side === "middle") this.#tell.middle();
      // From the second tap on, each one seeks once more.
      else this.#tell.seek(side, last.times);
      return;
    }
    this.#last = { side, at: now, times: 1 };
    this.#single = this.#timers.set(() => this.#tell.tap(), TAP_MS);
  }
}

/** Listens to fingers on `stage`; mice have their own ways. */
export function listen(stage, gestures, ignored) {
  const point = (event) => {
    const box = stage.getBoundingClientRect();
    return { id: event.pointerId, x: (event.clientX - box.left) / (box.width || 1), px: event.clientX, py: event.clientY };
  };
  const touch = (run) => (event) => {
    if (event.pointerType === "touch" && !ignored(event)) run(point(event));
  };
  stage.addEventListener("pointerdown", touch((at) => gestures.down(at)));
  stage.addEventListener("pointermove", touch((at) => gestures.move(at)));
  stage.addEventListener("pointerup", touch((at) => gestures.up(at)));
  stage.addEventListener("pointercancel", () => gestures.cancel());
  // A long press would open the browser's menu of videos.
  stage.addEventListener("contextmenu", (event) => {
    if (event.pointerType === "touch") event.preventDefault();
  });
}
