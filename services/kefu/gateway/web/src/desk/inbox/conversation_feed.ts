/** A conversation read from its end, then followed as long as it is shown. */

import { Code } from "@connectrpc/connect";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Session_State, Turn } from "../../gen/kefu/router/v1/chat_pb.ts";
import { type Failure, failureOf } from "@kefu/client";
import type { Services } from "../shared/services.ts";
import { afterReturn, afterSessionEvent, type ConversationState, opened, withEarlier, withTurn } from "./conversation_state.ts";
import { watching } from "./watching.ts";

export interface Feed {
  readonly conversation: ConversationState | null;
  readonly failure: Failure | null;
  /** Events come as they happen. */
  readonly live: boolean;
  /** A turn that a call of ours returned. */
  add(turn: Turn): void;
  /** Who answers now, as a call of ours returned it. */
  hold(state: Pick<ConversationState, "state" | "agent">): void;
  /** A call of ours returned it, from `agent`. */
  returned(agent: string, state: Session_State): void;
  reload(): void;
  /** Read what was said before the first turn here. */
  earlier(): Promise<void>;
}

/** Turns that are read at once: a conversation may have ten thousand. */
const PAGE = 100;

/** The session, its latest turns and what happened last: everything after that is told by WatchSession. */
export async function readConversation(services: Services, name: string, signal: AbortSignal): Promise<ConversationState> {
  const { session } = await services.chat.getSession({ name }, { signal });
  const { turns, nextPageToken: before } = await services.chat.listTurns({ session: name, pageSize: PAGE, latestFirst: true }, { signal });
  const hidden = before === "" ? 0 : Math.max((session?.turnCount ?? 0) - turns.length, 1);
  const rest = { title: session?.title ?? "", hidden, before, customer: session?.customer, profile: session?.profile ?? {} };
  return opened(turns.reverse(), session?.state ?? 0, session?.agent ?? "", session?.lastEvent ?? "", rest);
}

export function useConversation(services: Services, name: string): Feed {
  const [conversation, setConversation] = useState<ConversationState | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [live, setLive] = useState(false);
  const [round, setRound] = useState(0);
  // Beside the state, since several events may come before it is rendered.
  const current = useRef<ConversationState | null>(null);
  const change = (step: (before: ConversationState) => ConversationState) => {
    if (current.current === null) return;
    current.current = step(current.current);
    setConversation(current.current);
  };
  const reload = () => {
    setRound((before) => before + 1);
  };

  useEffect(() => {
    const abort = new AbortController();
    setFailure(null);
    readConversation(services, name, abort.signal).then(
      (read) => {
        if (abort.signal.aborted) return;
        current.current = read;
        setConversation(read);
        void watching(
          {
            open: (signal) => services.chat.watchSession({ session: name, after: current.current?.lastEvent ?? "" }, { signal }),
            began: () => setLive(true),
            event: (event) => {
              change((before) => afterSessionEvent(before, event));
              if (current.current?.stale) reload();
            },
            lost: () => {
              setLive(false);
              // Without an id to go on from, what happened meanwhile can only be read.
              if (current.current?.lastEvent === "") reload();
            },
            refused: (error) => {
              setLive(false);
              setFailure(failureOf(error));
            },
          },
          abort.signal,
        );
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setFailure(failureOf(error));
      },
    );
    return () => {
      abort.abort();
    };
  }, [services, name, round]);

  return {
    conversation,
    failure,
    live,
    reload,
    earlier: async () => {
      const pageToken = current.current?.before ?? "";
      if (pageToken === "") return;
      const page = await services.chat.listTurns({ session: name, pageSize: PAGE, pageToken, latestFirst: true });
      change((before) => (before.before === pageToken ? withEarlier(before, page.turns, page.nextPageToken) : before));
    },
    add: (turn) => {
      change((before) => ({ ...before, turns: withTurn(before.turns, turn) }));
    },
    hold: (state) => {
      change((before) => ({ ...before, ...state }));
    },
    returned: (agent, state) => {
      change((before) => afterReturn(before, agent, state));
    },
  };
}

/** The conversation is there no more: nothing that trying again would mend. */
export function isGone(failure: Failure): boolean {
  return failure.code === Code.NotFound;
}
