/** Calls that never end by themselves: begun anew when they are lost, with growing pauses. */

import { Code, ConnectError } from "@connectrpc/connect";

export interface Watching<Event> {
  /** Opens the call. */
  open(signal: AbortSignal): AsyncIterable<Event>;
  began?(): void;
  event(event: Event): void;
  /** The call was lost; it will be made again. */
  lost?(): void;
  /** The call will not be made again: it can never succeed. */
  refused(error: unknown): void;
}

export interface Pauses {
  readonly firstMs: number;
  readonly mostMs: number;
}

const PAUSES: Pauses = { firstMs: 500, mostMs: 15_000 };
/** After so many milliseconds a refused token is one that has ended, not one that never was good. */
const LASTED = 5_000;
const HOPELESS = new Set([Code.PermissionDenied, Code.NotFound, Code.Unimplemented, Code.InvalidArgument]);

/** Watches until `signal` is aborted or the call is refused. */
export async function watching<Event>(watch: Watching<Event>, signal: AbortSignal, pauses = PAUSES): Promise<void> {
  let pause = pauses.firstMs;
  let refused = false;
  while (!signal.aborted) {
    const began = Date.now();
    try {
      watch.began?.();
      for await (const event of watch.open(signal)) {
        if (signal.aborted) return;
        pause = pauses.firstMs;
        refused = false;
        watch.event(event);
      }
    } catch (error) {
      if (signal.aborted) return;
      const { code } = ConnectError.from(error);
      const unknown = code === Code.Unauthenticated;
      if (Date.now() - began > LASTED) refused = false;
      if (HOPELESS.has(code) || (unknown && refused)) {
        watch.refused(error);
        return;
      }
      refused = unknown; // once: a call ends with the token that began it, and the next one takes a fresh one
    }
    if (signal.aborted) return;
    watch.lost?.();
    await sleep(pause * (0.75 + Math.random() / 2), signal);
    pause = Math.min(pause * 2, pauses.mostMs);
  }
}

/** Ends early when `signal` is aborted, or when the browser says that the network is back. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
