/**
 * Who answered when: a page that is loaded again says what it said before. A message for a person does not tell which one
 * held the conversation. Its events do; where they are kept no longer, the next reply does, or who holds it now.
 */
import { FinishReason, Session_State as State } from "../gen/kefu/router/v1/chat_pb.js";
import type { Entry } from "./entry.ts";

/** Somebody else answers from here on: a person by name ("" is one without), or the assistant (null). */
export type Change = { person: string } | { person: null };

export interface Answerers {
  /** By the key of the entry that a change comes before. */
  readonly changes: ReadonlyMap<string, Change>;
  /** A change after the last entry. */
  readonly last: Change | null;
  /** Who a message was delivered to, by its entry's key; "" when nobody knows. */
  readonly receivers: ReadonlyMap<string, string>;
  /** Keys of messages that came for a person, and that the assistant answered once it was given the conversation back. */
  readonly givenBack: ReadonlySet<string>;
}

/** `begins`: the first entry is the conversation's first. `held`: who held it when a message came, by the turn's name. */
export function answerers(entries: readonly Entry[], state: State, agent: string, begins = true, held: ReadonlyMap<string, string> = new Map()): Answerers {
  const changes = new Map<string, Change>();
  const receivers = new Map<string, string>();
  const givenBack = new Set<string>();
  let holder: string | null = null; // null: the assistant
  const finished = entries.filter((entry) => entry.byPerson || entry.completed.value !== null);
  finished.forEach((entry, index) => {
    const then = entry.byPerson ? undefined : held.get(entry.name.value);
    const isAnswered = !entry.byPerson && !isForPerson(entry);
    if (isAnswered && then === undefined) {
      if (holder !== null) changes.set(entry.key, { person: null });
      holder = null;
      return;
    }
    const name = then ?? personAt(finished, index, state === State.HUMAN ? agent : "");
    if (isForPerson(entry)) receivers.set(entry.key, name);
    const isNew = holder === null || (name !== "" && holder !== "" && name !== holder);
    if (isNew && (begins || index > 0)) changes.set(entry.key, { person: name });
    holder = name || (holder ?? "");
    if (isAnswered) {
      givenBack.add(entry.key);
      holder = null;
    }
  });
  let last: Change | null = null;
  if (state === State.HUMAN && (holder === null || (agent !== "" && holder !== "" && agent !== holder))) last = { person: agent };
  if (state === State.RETURNED && holder !== null) last = { person: null };
  return { changes, last, receivers, givenBack };
}

function isForPerson(entry: Entry): boolean {
  return entry.completed.value?.finishReason === FinishReason.HUMAN;
}

/** The person who held the conversation at an entry of theirs. */
function personAt(entries: readonly Entry[], index: number, now: string): string {
  for (const entry of entries.slice(index)) {
    if (entry.byPerson) return entry.agent.value;
    if (!isForPerson(entry)) return "";
  }
  return now;
}
