/** What a page shows is loaded: the value, or why it did not come, and how to try again. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { type Failure, failureOf } from "@kefu/client";

export interface Loaded<Value> {
  /** What came last; it stays while it is loaded again. */
  readonly value: Value | null;
  readonly failure: Failure | null;
  readonly loading: boolean;
  reload(): void;
}

/** Loads anew when `inputs` change; what was asked for before is given up, and its value forgotten. */
export function useLoaded<Value>(
  load: (signal: AbortSignal, partly: (value: Value) => void) => Promise<Value>,
  inputs: readonly unknown[],
): Loaded<Value> {
  const [state, setState] = useState<Omit<Loaded<Value>, "reload">>({ value: null, failure: null, loading: true });
  const [round, setRound] = useState(0);
  const lastInputs = useRef(inputs);
  useEffect(() => {
    const abort = new AbortController();
    const again = lastInputs.current.every((input, index) => Object.is(input, inputs[index]));
    lastInputs.current = inputs;
    setState(({ value }) => ({ value: again ? value : null, failure: null, loading: true }));
    const partly = (value: Value) => {
      if (!abort.signal.aborted) setState({ value, failure: null, loading: true });
    };
    load(abort.signal, partly).then(
      (value) => {
        if (!abort.signal.aborted) setState({ value, failure: null, loading: false });
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setState(({ value }) => ({ value, failure: failureOf(error), loading: false }));
      },
    );
    return () => {
      abort.abort();
    };
  }, [...inputs, round]);
  const reload = useCallback(() => {
    setRound((before) => before + 1);
  }, []);
  return { ...state, reload };
}

/** Does one thing at a time on a click, and tells how it went. */
export function useAction(): {
  readonly busy: boolean;
  readonly failure: Failure | null;
  run(action: () => Promise<void>): void;
  clear(): void;
} {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const run = (action: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    setFailure(null);
    action()
      .catch((error: unknown) => {
        setFailure(failureOf(error));
      })
      .finally(() => {
        setBusy(false);
      });
  };
  const clear = () => {
    setFailure(null);
  };
  return { busy, failure, run, clear };
}
