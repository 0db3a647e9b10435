/** Draw what comes at most once a frame, and never later than the next one. */

/** `soon()` runs `draw` with the next frame; in a hidden page, which gets no frames, after 100 ms. `now()` runs it at once. */
export function eachFrame(draw: () => void): { soon: () => void; now: () => void } {
  let cancel: (() => void) | null = null;
  const run = () => {
    cancel?.();
    cancel = null;
    draw();
  };
  return {
    soon() {
      if (cancel) return;
      if (document.hidden) {
        const timer = setTimeout(run, 100);
        cancel = () => clearTimeout(timer);
      } else {
        const frame = requestAnimationFrame(run);
        cancel = () => cancelAnimationFrame(frame);
      }
    },
    now: run,
  };
}
