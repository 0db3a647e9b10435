/** What the desk holds, from the events of WatchDesk, and in which order people should look at it. */

import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";

import { Session_State } from "../../gen/kefu/router/v1/chat_pb.ts";
import type { Agent, Conversation, DeskEvent } from "../../gen/kefu/router/v1/desk_pb.ts";

export interface DeskState {
  readonly conversations: ReadonlyMap<string, Conversation>;
  readonly agents: readonly Agent[];
  /** What is told again after a lost call, until all of it was; null when nothing is being told again. */
  readonly retold: ReadonlyMap<string, Conversation> | null;
  readonly connected: boolean;
  /** All that there is was told at least once. */
  readonly known: boolean;
}

const LAPSES_SOON_MS = 120_000;

export const EMPTY_DESK: DeskState = {
  conversations: new Map(),
  agents: [],
  retold: new Map(),
  connected: false,
  known: false,
};

/** A watch begins: everything will be told again. What was known stays in sight until then. */
export function watchBegan(desk: DeskState): DeskState {
  return { ...desk, retold: new Map() };
}

export function watchLost(desk: DeskState): DeskState {
  return { ...desk, connected: false };
}

/** The desk after an event. */
export function afterEvent(desk: DeskState, event: DeskEvent): DeskState {
  const connected = { ...desk, connected: true };
  switch (event.event.case) {
    case "conversation": {
      const told = event.event.value;
      const conversations = withConversation(desk.conversations, told);
      return { ...connected, conversations, retold: desk.retold && withConversation(desk.retold, told) };
    }
    case "deleted": {
      const name = event.event.value;
      return { ...connected, conversations: without(desk.conversations, name), retold: desk.retold && without(desk.retold, name) };
    }
    case "agents":
      return { ...connected, agents: event.event.value.agents };
    case "caughtUp":
      return { ...connected, conversations: desk.retold ?? desk.conversations, retold: null, known: true };
    default:
      return connected; // of a later version of the contract
  }
}

/** What a call returned counts as told. */
export function withTold(desk: DeskState, told: Conversation): DeskState {
  return { ...desk, conversations: withConversation(desk.conversations, told) };
}

/**
 * What the call that returned my conversation told. Where it is mine no more, its return was told before, and perhaps
 * what came after it: Kefu hands a conversation over again when it has no answer.
 */
export function withReturned(desk: DeskState, told: Conversation, me: string): DeskState {
  const known = desk.conversations.get(told.session?.name ?? "");
  return known !== undefined && isMine(known, me) ? withTold(desk, told) : desk;
}

export interface Sections {
  readonly waiting: readonly Conversation[];
  readonly mine: readonly Conversation[];
  readonly colleagues: readonly Conversation[];
}

/**
 * The highest priority comes first, then who waits longest. Of those that I hold, the ones whose customer waits for my next word go before the
 * others. Several people may share a key, so a claim is mine only when it bears my name as well.
 */
export function sections(desk: DeskState, me: string): Sections {
  const waiting: Conversation[] = [];
  const mine: Conversation[] = [];
  const colleagues: Conversation[] = [];
  for (const conversation of desk.conversations.values()) {
    if (conversation.session?.state === Session_State.WAITING) waiting.push(conversation);
    else if (isMine(conversation, me)) mine.push(conversation);
    else colleagues.push(conversation);
  }
  waiting.sort(byWaiting);
  mine.sort(byWaiting);
  colleagues.sort((a, b) => (a.session?.agent ?? "").localeCompare(b.session?.agent ?? "") || byWaiting(a, b));
  return { waiting, mine, colleagues };
}

/** Those that were mine before, and wait for anybody now, though this tab holds them. */
export function lapsedBetween(before: DeskState, after: DeskState, me: string, holds: (session: string) => boolean): readonly Conversation[] {
  const found: Conversation[] = [];
  for (const [name, conversation] of after.conversations) {
    const known = before.conversations.get(name);
    if (known !== undefined && isMine(known, me) && conversation.session?.state === Session_State.WAITING && holds(name)) found.push(conversation);
  }
  return found;
}

/** Milliseconds until a conversation of mine goes back to the queue, where that is near; else null. */
export function lapsesSoon(conversation: Conversation, at: number): number | null {
  if (!conversation.mine || conversation.claimExpireTime === undefined) return null;
  const left = timestampMs(conversation.claimExpireTime) - at;
  return left < LAPSES_SOON_MS ? Math.max(left, 0) : null;
}

export function isMine(conversation: Conversation, me: string): boolean {
  return conversation.mine && conversation.session?.state === Session_State.HUMAN && conversation.session.agent === me;
}

/** How many want something of me: those that nobody holds, and mine whose customer waits. */
export function attention(desk: DeskState, me: string): number {
  const { waiting, mine } = sections(desk, me);
  return waiting.length + mine.filter((one) => one.waitingSince !== undefined).length;
}

/** Keys of what `attention` counts, each with since when: a key that was not there before is worth a sound. */
export function calls(desk: DeskState, me: string): ReadonlySet<string> {
  const { waiting, mine } = sections(desk, me);
  const calling = [...waiting, ...mine.filter((one) => one.waitingSince !== undefined)];
  return new Set(calling.map((one) => `${one.session?.name}@${one.waitingSince ? timestampMs(one.waitingSince) : 0}`));
}

const PRIORITIES = ["low", "normal", "high", "urgent"];

/** The place of a conversation's priority, from the least on; without one it is that of "normal". */
function priorityRank(conversation: Conversation): number {
  const rank = PRIORITIES.indexOf(conversation.triage?.priority ?? "normal");
  return rank < 0 ? PRIORITIES.indexOf("normal") : rank;
}

function byWaiting(a: Conversation, b: Conversation): number {
  return priorityRank(b) - priorityRank(a) || since(a.waitingSince) - since(b.waitingSince) || since(a.session?.updateTime) - since(b.session?.updateTime);
}

function since(time: Timestamp | undefined): number {
  return time === undefined ? Number.MAX_SAFE_INTEGER : timestampMs(time);
}

function withConversation(
  conversations: ReadonlyMap<string, Conversation>,
  told: Conversation,
): ReadonlyMap<string, Conversation> {
  const name = told.session?.name ?? "";
  const state = told.session?.state;
  if (state !== Session_State.WAITING && state !== Session_State.HUMAN) return without(conversations, name);
  return new Map(conversations).set(name, told);
}

function without(conversations: ReadonlyMap<string, Conversation>, name: string): ReadonlyMap<string, Conversation> {
  const left = new Map(conversations);
  left.delete(name);
  return left;
}
