/** Who held a conversation when each message came, as its events tell: the turns do not. */
import { FinishReason, type SessionEvent, Session_State as State } from "../gen/kefu/router/v1/chat_pb.js";

export interface Holders {
  /** Who holds it now; null: no person. */
  readonly now: string | null;
  /** By the names of turns with a message that came for a person. */
  readonly then: ReadonlyMap<string, string>;
}

export const NO_HOLDERS: Holders = { now: null, then: new Map() };

export function holderOf(state: State, agent: string): string | null {
  return state === State.HUMAN ? agent : null;
}

/** The holders after an event. What is stored of a message is as it is now, perhaps answered since: the first event counts. */
export function afterEvent(holders: Holders, event: SessionEvent["event"]): Holders {
  if (event.case === "stateChanged") return { ...holders, now: holderOf(event.value.state, event.value.agent) };
  if (event.case !== "turnStored" || holders.now === null) return holders;
  const { name, question, attachments, completed } = event.value;
  const isMessage = question !== "" || attachments.length > 0;
  const wasStopped = completed?.finishReason === FinishReason.STOPPED || completed?.finishReason === FinishReason.INTERRUPTED; // for somebody stepped in
  if (!isMessage || wasStopped || holders.then.has(name)) return holders;
  return { ...holders, then: new Map(holders.then).set(name, holders.now) };
}
