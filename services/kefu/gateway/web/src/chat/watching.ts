/** Listening to a session for as long as it is on the page, and not while nobody looks at the page. */
import { type Client, Code } from "@connectrpc/connect";
import { backoff, connection, failureOf, pause, watchSession } from "@kefu/client";
import type { ChatService, SessionEvent } from "../gen/kefu/router/v1/chat_pb.js";

const HIDDEN_FOR = 60_000;

export interface Listener {
  /** The id of the last event that is known. */
  after(): string;
  /** A person may write: then the connection is kept though nobody looks. */
  awaitsPerson(): boolean;
  happened(event: SessionEvent): Promise<void>;
}

/** Resolves when the session is deleted, here in another tab or by staff; rejects when it is aborted. */
export async function listen(
  client: Client<typeof ChatService>,
  session: string,
  listener: Listener,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const shown = connection(signal);
    const unwatched = whenLongHidden(listener, shown.close);
    try {
      for await (const event of watchSession(client, session, listener.after(), shown.signal)) {
        await listener.happened(event);
      }
    } catch (error) {
      if (!signal.aborted && failureOf(error).code === Code.NotFound) return;
    } finally {
      unwatched();
      shown.done();
    }
    await untilVisible(signal);
    await pause(backoff(1), signal);
  }
}

/** A page that nobody looks at gives its connection back, unless a person may write to it. */
function whenLongHidden(listener: Listener, close: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const changed = () => {
    clearTimeout(timer);
    if (document.hidden && !listener.awaitsPerson()) timer = setTimeout(close, HIDDEN_FOR);
  };
  document.addEventListener("visibilitychange", changed);
  changed();
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", changed);
  };
}

export function untilVisible(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => () => {
      document.removeEventListener("visibilitychange", changed);
      signal.removeEventListener("abort", aborted);
      settle();
    };
    const seen = end(resolve);
    const aborted = end(() => reject(signal.reason));
    const changed = () => document.hidden || seen();
    if (signal.aborted) return aborted();
    if (!document.hidden) return resolve();
    document.addEventListener("visibilitychange", changed);
    signal.addEventListener("abort", aborted);
  });
}
