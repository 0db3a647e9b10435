/** The check of a page while it is typed: a moment after the last change, and only what belongs to it counts. */

import { useEffect, useState } from "preact/hooks";

import { type Failure, failureOf } from "@kefu/client";
import type { ProcedureFinding, ProcedureStep } from "../../gen/kefu/router/v1/procedure_pb.ts";
import { useDesk } from "../shared/session.ts";

/** So long after the last key a page is checked. */
const PAUSE_MILLISECONDS = 350;

export interface Checked {
  /** The text that was checked; another one is being typed where it differs. */
  readonly page: string | null;
  readonly findings: readonly ProcedureFinding[];
  readonly flow: readonly ProcedureStep[];
  readonly failure: Failure | null;
}

const NOTHING: Checked = { page: null, findings: [], flow: [], failure: null };

/** What was checked last stays until the next answer comes. */
export function useCheck(page: string): Checked {
  const { services } = useDesk();
  const [checked, setChecked] = useState<Checked>(NOTHING);
  useEffect(() => {
    const abort = new AbortController();
    const ask = async () => {
      const told = await services.procedures.checkProcedure({ page }, { signal: abort.signal }).then(
        ({ findings, flow }) => ({ page, findings, flow, failure: null }),
        (error: unknown) => ({ failure: failureOf(error) }),
      );
      if (!abort.signal.aborted) setChecked((before) => ({ ...before, ...told }));
    };
    const timer = setTimeout(() => void ask(), checked === NOTHING ? 0 : PAUSE_MILLISECONDS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [services, page]);
  return checked;
}
