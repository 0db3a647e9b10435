/** Asks before a page is left whose work would stop. */

import { useEffect, useState } from "preact/hooks";

import { goTo, holdAddress } from "./route.ts";

export interface LeaveGuard {
  /** Somebody wants to see another page: ask. */
  readonly asked: boolean;
  stay(): void;
  leave(): void;
}

/** While `isOn`, the browser asks before the tab goes, and whoever uses this before another page of the desk is shown. */
export function useLeaveGuard(isOn: boolean): LeaveGuard {
  const [wanted, setWanted] = useState<string | null>(null);
  useEffect(() => {
    if (!isOn) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    const letGo = holdAddress(setWanted);
    return () => {
      removeEventListener("beforeunload", ask);
      letGo();
      setWanted(null);
    };
  }, [isOn]);
  const leave = () => {
    if (wanted !== null) goTo(wanted);
  };
  return { asked: wanted !== null, stay: () => setWanted(null), leave };
}
