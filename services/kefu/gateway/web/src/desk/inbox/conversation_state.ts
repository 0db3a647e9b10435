/** One conversation as the desk reads it: its turns, who answers, and what a person is about to send. */

import { equals } from "@bufbuild/protobuf";
import { type Timestamp } from "@bufbuild/protobuf/wkt";

import { AnswerSource, FinishReason, type Handoff, Handoff_Reason, Session_State, type SessionEvent, type Turn } from "../../gen/kefu/router/v1/chat_pb.ts";
import type { VerifiedCustomer } from "../../gen/kefu/router/v1/identity_pb.ts";
import { type Triage, TriageSchema } from "../../gen/kefu/router/v1/triage_pb.ts";

export interface ConversationState {
  /** By name, in their order. */
  readonly turns: readonly Turn[];
  readonly state: Session_State;
  /** Who answers, with HUMAN. */
  readonly agent: string;
  /** SessionEvent.id of the last event. */
  readonly lastEvent: string;
  /** Events were lost: read the turns anew. */
  readonly stale: boolean;
  /** The customer's first words. */
  readonly title: string;
  /** How many turns come before the first one here, and the token of the page that ends with the last of them. */
  readonly hidden: number;
  readonly before: string;
  /** Who the customer is, as verified, and what the page claims; as it was when the conversation was read. */
  readonly customer: VerifiedCustomer | undefined;
  readonly profile: Readonly<Record<string, string>>;
}

type OfSession = Pick<ConversationState, "title" | "hidden" | "before" | "customer" | "profile">;

export function opened(
  turns: readonly Turn[],
  state: Session_State,
  agent: string,
  lastEvent: string,
  rest: OfSession = { title: "", hidden: 0, before: "", customer: undefined, profile: {} },
): ConversationState {
  return { turns, state, agent, lastEvent, stale: false, ...rest };
}

/** The conversation with one more page of what was said before. */
export function withEarlier(conversation: ConversationState, latestFirst: readonly Turn[], before: string): ConversationState {
  const turns = [...[...latestFirst].reverse(), ...conversation.turns];
  return { ...conversation, turns, before, hidden: before === "" ? 0 : Math.max(conversation.hidden - latestFirst.length, 1) };
}

/** The conversation after an event. */
export function afterSessionEvent(conversation: ConversationState, event: SessionEvent): ConversationState {
  const next = { ...conversation, lastEvent: event.id };
  switch (event.event.case) {
    case "stateChanged":
      return { ...next, state: event.event.value.state, agent: event.event.value.agent };
    case "turnStored":
      return { ...next, turns: withTurn(conversation.turns, event.event.value) };
    case "missed":
      return { ...next, stale: true };
    default:
      return next; // of a later version of the contract
  }
}

/** The conversation after a call that returned it: where `agent` holds it no more, its events told that and more. */
export function afterReturn(conversation: ConversationState, agent: string, state: Session_State): ConversationState {
  const held = conversation.state === Session_State.HUMAN && conversation.agent === agent;
  return held ? { ...conversation, state, agent: "" } : conversation;
}

/** A turn comes in its place or replaces itself. Names of turns grow with their time. */
export function withTurn(turns: readonly Turn[], turn: Turn): readonly Turn[] {
  const at = turns.findIndex((one) => one.name === turn.name);
  if (at >= 0) return [...turns.slice(0, at), turn, ...turns.slice(at + 1)];
  let before = turns.length;
  while (before > 0 && turns[before - 1]!.name > turn.name) before -= 1;
  return [...turns.slice(0, before), turn, ...turns.slice(before)];
}

export type Message =
  | {
      readonly kind: "customer";
      readonly key: string;
      readonly text: string;
      readonly time: Timestamp | undefined;
      /** Names of the files that came with it. */
      readonly attachments: readonly string[];
    }
  | { readonly kind: "kefu"; readonly key: string; readonly text: string; readonly time: Timestamp | undefined; readonly turn: Turn }
  | { readonly kind: "person"; readonly key: string; readonly text: string; readonly time: Timestamp | undefined; readonly agent: string }
  | { readonly kind: "handoff"; readonly key: string; readonly handoff: Handoff };

/** What was said, in its order; a hand-over stands between. */
export function messagesOf(turns: readonly Turn[]): readonly Message[] {
  return turns.flatMap((turn): Message[] => {
    const time = turn.createTime;
    const messages: Message[] = [];
    const { attachments } = turn;
    if (turn.question !== "" || attachments.length > 0) {
      messages.push({ kind: "customer", key: `${turn.name}?`, text: turn.question, time, attachments });
    }
    if (turn.text !== "") {
      const byPerson = turn.agent !== "" || turn.completed?.source === AnswerSource.PERSON;
      messages.push(
        byPerson
          ? { kind: "person", key: `${turn.name}!`, text: turn.text, time, agent: turn.agent }
          : { kind: "kefu", key: `${turn.name}!`, text: turn.text, time, turn },
      );
    }
    if (turn.handoff !== undefined) messages.push({ kind: "handoff", key: `${turn.name}#`, handoff: turn.handoff });
    return messages;
  });
}

/** So many of a customer's questions are looked up, the latest first, until something is found. */
const MOST_QUESTIONS = 3;

/**
 * What the customer asked, the latest first: no wish for a person, no small talk, and no reply to a question of Kefu's. What an
 * action has answered is of use only where it is the last.
 */
export function lastQuestions(turns: readonly Turn[]): readonly string[] {
  const asked = questionsOf(turns).filter((turn, index) => index === 0 || !isSettled(turn));
  return [...new Set(asked.map((turn) => turn.question))].slice(0, MOST_QUESTIONS);
}

/** The last of what the customer asked that was read. */
export function lastRead(turns: readonly Turn[]): Turn | undefined {
  return questionsOf(turns).find((turn) => turn.triage !== undefined);
}

/** The turn that `triage` was read out of; undefined where it is not among these. */
export function readFrom(turns: readonly Turn[], triage: Triage): Turn | undefined {
  return [...turns].reverse().find((turn) => turn.triage !== undefined && equals(TriageSchema, turn.triage, triage));
}

/** Turns with a question of the customer's, the latest first. */
function questionsOf(turns: readonly Turn[]): Turn[] {
  let choices: readonly string[] = []; // of the message before
  const asked = turns.filter((turn) => {
    const offered = choices;
    if (turn.question === "") return false;
    choices = turn.completed?.choices ?? [];
    return !isNoQuestion(turn) && !isChoice(turn.question, offered);
  });
  return asked.reverse();
}

function isNoQuestion({ handoff, completed, triage }: Turn): boolean {
  // As its words say: what they do not say is less than certain.
  if (triage?.likelihood === 1 && (triage.intent === "small_talk" || triage.intent === "human_request")) return true;
  if (handoff !== undefined) return handoff.reason === Handoff_Reason.CUSTOMER_ASKED || handoff.reason === Handoff_Reason.ABUSE;
  return completed?.source === AnswerSource.CANNED || completed?.source === AnswerSource.REFUSED;
}

const NUMBER = /^(?:(?:第|no|number|option)? ?(?:\d{1,2}|[一二三四五六七八]) ?[个個项項]?|(?:the )?(?:first|second|third|fourth|last)(?: one)?)$/;

/** Whether a reply takes one of the choices: by its button, its number, or some of its words. */
function isChoice(reply: string, choices: readonly string[]): boolean {
  const said = plainWords(reply);
  if (said === "" || choices.length === 0) return false;
  if (NUMBER.test(said)) return true;
  const holds = (choice: string) => (/\p{Script=Han}/u.test(said) ? choice.includes(said) : ` ${choice} `.includes(` ${said} `));
  return choices.some((choice) => holds(plainWords(choice)));
}

function plainWords(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();
}

function isSettled({ handoff, completed }: Turn): boolean {
  return handoff === undefined && completed?.source === AnswerSource.ACTION;
}

/** The last message came for a person: Kefu answers it when the conversation is returned. */
export function isHeld(turns: readonly Turn[]): boolean {
  return turns.at(-1)?.completed?.finishReason === FinishReason.HUMAN;
}

/** The last word is this person's: the customer waits for no other one, whatever the desk was told so far. */
export function hasLastWord(turns: readonly Turn[], agent: string): boolean {
  return turns.at(-1)?.agent === agent;
}

/** The hand-over that called a person last. */
export function lastHandoff(turns: readonly Turn[]): Handoff | undefined {
  return [...turns].reverse().find((turn) => turn.handoff !== undefined)?.handoff;
}
