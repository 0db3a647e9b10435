/** A call that is no stream: made again when it was lost, or refused with a time to come back. */
import { Code } from "@connectrpc/connect";
import { failureOf, KefuError } from "./failure.ts";
import { backoff, pause } from "./network.ts";

const TRIES = 5;
/** A refusal that names a longer wait than this, in milliseconds, is told rather than waited for. */
export const MOST_WAIT = 30_000;

/** Rejects with KefuError. */
export async function again<Response>(call: () => Promise<Response>): Promise<Response> {
  const forever = new AbortController().signal;
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const failure = failureOf(error);
      const lost = failure.code === Code.Unavailable || (failure.reason === "" && failure.code === Code.Unknown);
      const refused = failure.code === Code.ResourceExhausted && failure.retryAfter !== null;
      const wait = Math.max(failure.retryAfter ?? 0, backoff(attempt));
      if (!(lost || refused) || attempt >= TRIES || wait > MOST_WAIT) throw new KefuError(failure);
      await pause(wait, forever);
    }
  }
}
