/** What is looked for among all conversations, as it stands in the form and as it is asked. */

import { timestampFromMs } from "@bufbuild/protobuf/wkt";

import { AnswerSource, Handoff_Reason, Rating } from "../../gen/kefu/router/v1/chat_pb.ts";

const DAY = 86_400_000;

export interface Filters {
  readonly words: string;
  readonly language: string;
  readonly source: AnswerSource;
  /** "": any; "none": not rated. */
  readonly rating: "" | "up" | "down" | "none";
  /** "": any; "*": handed over for whatever reason; else a Handoff.Reason. */
  readonly reason: string;
  readonly checked: boolean;
  readonly lowSupport: boolean;
  readonly reopened: boolean;
  readonly byAction: boolean;
  /** 0: all that are kept. */
  readonly days: number;
}

export const EVERYTHING: Filters = {
  words: "",
  language: "",
  source: AnswerSource.UNSPECIFIED,
  rating: "",
  reason: "",
  checked: false,
  lowSupport: false,
  reopened: false,
  byAction: false,
  days: 0,
};

const RATINGS = { up: Rating.UP, down: Rating.DOWN, none: Rating.UNSPECIFIED };

/** The request for a page, at a time in milliseconds. */
export function requestOf(filters: Filters, pageToken: string, now = Date.now()) {
  const { words, language, source, rating, reason, checked, lowSupport, reopened, byAction, days } = filters;
  return {
    words: words.trim(),
    languages: language === "" ? [] : [language],
    sources: source === AnswerSource.UNSPECIFIED ? [] : [source],
    ratings: rating === "" ? [] : [RATINGS[rating]],
    reasons: reason === "" || reason === "*" ? [] : [Number(reason) as Handoff_Reason],
    handedOver: reason === "*",
    checked,
    lowSupport,
    reopened,
    action: byAction ? "*" : "",
    ...(days > 0 ? { startTime: timestampFromMs(now - days * DAY) } : {}),
    pageSize: 20,
    pageToken,
  };
}
