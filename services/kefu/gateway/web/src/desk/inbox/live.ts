/** The desk as it is now: one watch for the whole console, whichever page is shown. */

import { signal } from "@preact/signals";

import { Session_State } from "../../gen/kefu/router/v1/chat_pb.ts";
import type { Conversation } from "../../gen/kefu/router/v1/desk_pb.ts";
import { type Failure, failureOf } from "@kefu/client";
import type { Services } from "../shared/services.ts";
import { holds } from "./claims.ts";
import { afterEvent, type DeskState, EMPTY_DESK, lapsedBetween, watchBegan, watchLost } from "./desk_state.ts";
import { watching } from "./watching.ts";

export const desk = signal<DeskState>(EMPTY_DESK);
/** Conversations that went back to the queue since I held them without a word, as long as nobody has taken them. */
export const lapsed = signal<readonly Conversation[]>([]);
/** Why the desk is not watched any more. */
export const deskRefused = signal<Failure | null>(null);

/** Watches until the returned function is called. */
export function watchDesk(services: Services, agent: string): () => void {
  const abort = new AbortController();
  desk.value = EMPTY_DESK;
  deskRefused.value = null;
  lapsed.value = [];
  void watching(
    {
      open: (signal) => services.desk.watchDesk({ agent }, { signal }),
      began: () => {
        desk.value = watchBegan(desk.value);
      },
      event: (event) => {
        const before = desk.value;
        desk.value = afterEvent(before, event);
        const left = lapsed.value.filter((one) => desk.value.conversations.get(one.session?.name ?? "")?.session?.state === Session_State.WAITING);
        const gone = lapsedBetween(before, desk.value, agent, holds);
        if (gone.length > 0 || left.length < lapsed.value.length) lapsed.value = [...left, ...gone];
      },
      lost: () => {
        desk.value = watchLost(desk.value);
      },
      refused: (error) => {
        deskRefused.value = failureOf(error);
        desk.value = watchLost(desk.value);
      },
    },
    abort.signal,
  );
  return () => {
    abort.abort();
  };
}
