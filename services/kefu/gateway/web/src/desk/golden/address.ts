/** Addresses of golden questions: "#/golden/new?turn=sessions/S/turns/T" is a new one made from that turn. */

import { hrefOf } from "../shared/route.ts";

const NEW = "new?turn=";

/** The address of a new question made from a turn, "sessions/S/turns/T". */
export function newGoldenHref(turn: string): string {
  return `${hrefOf("golden")}/${NEW}${turn}`;
}

/** The turn that the address names; null where it names none. */
export function turnOfAddress(rest: readonly string[]): string | null {
  const all = rest.join("/");
  return all.startsWith(NEW) ? all.slice(NEW.length) : null;
}

/** The id of the run that a draft's check names in its message; null where it names none. */
export function runOfMessage(message: string): string | null {
  return /goldenRuns\/([\w-]+)/.exec(message)?.[1] ?? null;
}
