/** A run over golden questions as it goes on. Leaving the page stops it: RunProgress asks first. */

import { useEffect, useRef, useState } from "preact/hooks";

import { type Failure, failureOf } from "@kefu/client";
import type { GoldenResult, GoldenRun } from "../../gen/kefu/router/v1/golden_pb.ts";
import { useDesk } from "../shared/session.ts";

export interface Running {
  readonly run: GoldenRun | null;
  readonly results: readonly GoldenResult[];
  readonly busy: boolean;
  readonly failure: Failure | null;
  /** `questions`: their names; none: all. */
  start(questions: readonly string[]): void;
}

export function useRun(): Running {
  const { services } = useDesk();
  const [state, setState] = useState<Omit<Running, "start">>({ run: null, results: [], busy: false, failure: null });
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);
  const start = (questions: readonly string[]) => {
    const mine = new AbortController();
    abort.current?.abort();
    abort.current = mine;
    setState({ run: null, results: [], busy: true, failure: null });
    const listen = async () => {
      const results: GoldenResult[] = [];
      for await (const { event } of services.golden.runGoldenQuestions({ questions: [...questions] }, { signal: mine.signal })) {
        if (event.case === "result") results.push(event.value);
        const run = event.case === "started" || event.case === "finished" ? { run: event.value } : {};
        setState((before) => ({ ...before, ...run, results: [...results] }));
      }
    };
    listen().then(
      () => {
        setState((before) => ({ ...before, busy: false }));
      },
      (error: unknown) => {
        if (!mine.signal.aborted) setState((before) => ({ ...before, busy: false, failure: failureOf(error) }));
      },
    );
  };
  return { ...state, start };
}
