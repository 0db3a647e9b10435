/** What happens in a session, over as many connections as it takes; nothing is missed between two. */
import { Code, type Client } from "@connectrpc/connect";
import type { ChatService, SessionEvent } from "../../src/gen/kefu/router/v1/chat_pb.js";
import { failureOf, KefuError } from "./failure.ts";
import { backoff, connection, pause } from "./network.ts";

/** The server sends nothing while nothing happens; a proxy or a sleeping laptop may have cut the line unseen. */
const IDLE = 10 * 60_000;
/** After so many milliseconds a refused token is one that has ended, not one that never was good. */
const LASTED = 5_000;
const HOPELESS = [Code.InvalidArgument, Code.NotFound, Code.PermissionDenied, Code.Unimplemented];

/**
 * Events after the one with the id `after` (Session.lastEvent, or that of an event); empty: from now on. Throws KefuError
 * when watching again would not help, such as for a session that was deleted, or the signal's reason.
 */
export async function* watchSession(
  client: Client<typeof ChatService>,
  session: string,
  after: string,
  signal: AbortSignal,
): AsyncGenerator<SessionEvent> {
  let refused = false;
  for (let attempt = 0; ; ) {
    const line = connection(signal, IDLE);
    const began = Date.now();
    try {
      const options = { signal: line.signal, onHeader: line.alive };
      for await (const event of client.watchSession({ session, after }, options)) {
        attempt = 0;
        refused = false;
        line.alive();
        yield event;
        after = event.id;
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const failure = failureOf(error);
      const unknown = failure.code === Code.Unauthenticated;
      if (Date.now() - began > LASTED) refused = false;
      if (HOPELESS.includes(failure.code) || (unknown && refused)) throw new KefuError(failure);
      refused = unknown; // once: a call ends with the token that began it, and the next one takes a fresh one
    } finally {
      line.done();
    }
    await pause(backoff(++attempt), signal);
  }
}
