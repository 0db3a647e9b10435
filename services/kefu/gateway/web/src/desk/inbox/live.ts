/** The desk as it is now: one watch for the whole console, whichever page is shown. */

import { signal } from "@preact/signals";

import { type Failure, failureOf } from "@kefu/client";
import type { Services } from "../shared/services.ts";
import { afterEvent, type DeskState, EMPTY_DESK, watchBegan, watchLost } from "./desk_state.ts";
import { watching } from "./watching.ts";

export const desk = signal<DeskState>(EMPTY_DESK);
/** Why the desk is not watched any more. */
export const deskRefused = signal<Failure | null>(null);

/** Watches until the returned function is called. */
export function watchDesk(services: Services, agent: string): () => void {
  const abort = new AbortController();
  desk.value = EMPTY_DESK;
  deskRefused.value = null;
  void watching(
    {
      open: (signal) => services.desk.watchDesk({ agent }, { signal }),
      began: () => {
        desk.value = watchBegan(desk.value);
      },
      event: (event) => {
        desk.value = afterEvent(desk.value, event);
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
