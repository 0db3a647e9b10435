/** When to try again; in a browser, which tells whether there is a network, and elsewhere, where nobody does. */

const browser: Pick<Window, "addEventListener" | "removeEventListener"> | null =
  typeof addEventListener === "function" ? globalThis : null;

/** False when the browser knows that there is no network. */
export function isOnline(): boolean {
  return typeof navigator === "undefined" || navigator.onLine !== false;
}

/** Milliseconds before try `attempt` (from 1): 0.25 s doubling to 8 s, spread over half, so that not all come back at once. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const most = Math.min(8000, 250 * 2 ** (attempt - 1));
  return most / 2 + (most / 2) * random();
}

/** Resolves after `milliseconds`, at once when the network comes back, never while it is known to be away. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleepUntil(signal, (done) => {
    const timer = setTimeout(done, milliseconds);
    browser?.addEventListener("online", done, { once: true });
    return () => {
      clearTimeout(timer);
      browser?.removeEventListener("online", done);
    };
  });
  if (!isOnline()) {
    await sleepUntil(signal, (done) => {
      browser?.addEventListener("online", done, { once: true });
      return () => browser?.removeEventListener("online", done);
    });
  }
}

function sleepUntil(signal: AbortSignal, start: (done: () => void) => () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = start(() => {
      signal.removeEventListener("abort", aborted);
      stop();
      resolve();
    });
    const aborted = () => {
      stop();
      reject(signal.reason);
    };
    signal.addEventListener("abort", aborted, { once: true });
  });
}

/**
 * A signal for one connection: it ends with `outer`, when the browser says that the network is gone (a stream over a dead
 * network may take minutes to fail), and after `idle` milliseconds (0: never) without `alive()`.
 */
export function connection(outer: AbortSignal, idle = 0) {
  const controller = new AbortController();
  const cut = () => controller.abort(new DOMException("The connection was lost.", "NetworkError"));
  const end = () => controller.abort(outer.reason);
  const start = () => (idle > 0 ? setTimeout(cut, idle) : undefined);
  let timer = start();
  browser?.addEventListener("offline", cut);
  outer.addEventListener("abort", end);
  if (outer.aborted) end();
  return {
    signal: controller.signal,
    alive() {
      clearTimeout(timer);
      timer = start();
    },
    /** Give this connection up, without a fault. */
    close: cut,
    done() {
      clearTimeout(timer);
      browser?.removeEventListener("offline", cut);
      outer.removeEventListener("abort", end);
    },
  };
}
