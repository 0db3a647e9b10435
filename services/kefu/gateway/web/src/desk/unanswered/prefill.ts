/** A curated answer in the making, from a group of questions that went unanswered. */

import { create } from "@bufbuild/protobuf";

import { type CuratedAnswer, CuratedAnswerSchema } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import type { UnansweredGroup, UnansweredQuestion } from "../../gen/kefu/router/v1/insight_pb.ts";

const MOST_QUESTIONS = 20;
const MOST_CHARACTERS = 500;

/**
 * The group's questions in the central one's language (an answer is never given to a question in another), the central
 * one first, each once; and what a person replied last, or nothing.
 */
export function curatedFrom(group: UnansweredGroup, reply = latestReply(group)): CuratedAnswer {
  const language = group.central?.language ?? "";
  const all = [...(group.central ? [group.central] : []), ...group.questions].filter((one) => one.language === language);
  const questions = new Map(all.map((one) => [one.text.trim().toLowerCase(), one.text.trim()] as const));
  const usable = [...questions.values()].filter((text) => text !== "" && text.length <= MOST_CHARACTERS);
  return create(CuratedAnswerSchema, { questions: usable.slice(0, MOST_QUESTIONS), answer: reply, language });
}

/** What people replied to these questions, the latest first, each once. */
export function repliesOf(group: UnansweredGroup): readonly string[] {
  return [...new Set(group.questions.map((one) => one.reply.trim()).filter((reply) => reply !== ""))];
}

/** The languages of a group's questions and how many there are of each, most first. */
export function languagesOf(group: UnansweredGroup): readonly (readonly [string, number])[] {
  return counted(group.questions.map((one) => one.language));
}

/** The reasons why a group's questions went unanswered, most frequent first: a Handoff.Reason, or "rated_down". */
export function reasonsOf(group: UnansweredGroup): readonly (readonly [UnansweredQuestion["reason"] | "rated_down", number])[] {
  return counted(group.questions.map((one) => (one.ratedDown ? "rated_down" : one.reason)));
}

function latestReply(group: UnansweredGroup): string {
  return repliesOf(group)[0] ?? "";
}

function counted<Key>(keys: readonly Key[]): readonly (readonly [Key, number])[] {
  const counts = new Map<Key, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}
