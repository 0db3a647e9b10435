/** The mark at the section: how many answers the last run over live lost. */

import { signal } from "@preact/signals";

import { GoldenRun_State } from "../../gen/kefu/router/v1/golden_pb.ts";
import type { Services } from "../shared/services.ts";

const PAUSE_MILLISECONDS = 5 * 60_000;

export const lostAnswers = signal(0);

/** Looks now and then until the returned function is called. While nothing answers, the mark stays as it is. */
export function watchLostAnswers(services: Services): () => void {
  const abort = new AbortController();
  const look = async () => {
    const { runs } = await services.golden.listGoldenRuns({}, { signal: abort.signal });
    const last = runs.find((run) => run.draft === "" && run.state === GoldenRun_State.FINISHED);
    lostAnswers.value = last?.lost ?? 0;
  };
  const ask = () => {
    look().catch((error: unknown) => {
      if (!abort.signal.aborted) console.warn("golden runs", error);
    });
  };
  ask();
  const timer = setInterval(ask, PAUSE_MILLISECONDS);
  return () => {
    clearInterval(timer);
    abort.abort();
  };
}
