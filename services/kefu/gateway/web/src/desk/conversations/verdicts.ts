/** Verdicts, strata and what is noticed of an answer, in the interface's language. */

import { Rating } from "../../gen/kefu/router/v1/chat_pb.ts";
import { type ReviewedTurn, Stratum, Verdict } from "../../gen/kefu/router/v1/review_pb.ts";
import { reasonText } from "../inbox/words.ts";
import { t } from "../texts.ts";

/** In the order of the keys 1 to 4. */
export const VERDICTS = [Verdict.RIGHT, Verdict.HALF, Verdict.WRONG, Verdict.UNSAFE] as const;

export function verdictText(verdict: Verdict): string {
  switch (verdict) {
    case Verdict.RIGHT:
      return t("verdictRight");
    case Verdict.HALF:
      return t("verdictHalf");
    case Verdict.WRONG:
      return t("verdictWrong");
    case Verdict.UNSAFE:
      return t("verdictUnsafe");
    default:
      return t("verdictNone");
  }
}

export function stratumText(stratum: Stratum): string {
  switch (stratum) {
    case Stratum.REPLACED:
      return t("stratumReplaced");
    case Stratum.LOW_SUPPORT:
      return t("stratumLowSupport");
    case Stratum.REOPENED:
      return t("stratumReopened");
    case Stratum.LONG:
      return t("stratumLong");
    default:
      return t("stratumOrdinary");
  }
}

export interface Mark {
  readonly text: string;
  readonly kind: "plain" | "good" | "warn" | "danger";
}

/** What is noticed of a turn: its checks, support, rating, handover, action, verdict. */
export function marksOf(reviewed: ReviewedTurn): readonly Mark[] {
  const { marks, turn, judgement } = reviewed;
  const found: Mark[] = [];
  if (marks?.replaced) found.push({ text: t("markReplaced"), kind: "warn" });
  else if (marks?.checked) found.push({ text: t("markChecked"), kind: "warn" });
  if (marks?.lowSupport) found.push({ text: t("markLowSupport", { value: marks.support.toFixed(2) }), kind: "warn" });
  if (marks?.reopened) found.push({ text: t("markReopened"), kind: "warn" });
  if (marks?.action) found.push({ text: t("markAction", { action: marks.action }), kind: "plain" });
  if (turn?.handoff) found.push({ text: `${t("handedOver")}: ${reasonText(turn.handoff.reason)}`, kind: "plain" });
  if (turn?.rating === Rating.UP) found.push({ text: t("ratedUp"), kind: "good" });
  if (turn?.rating === Rating.DOWN) found.push({ text: t("ratedDown"), kind: "danger" });
  if (judgement) found.push({ text: t("judgedBy", { verdict: verdictText(judgement.verdict), name: judgement.reviewer }), kind: judgement.verdict === Verdict.RIGHT ? "good" : "danger" });
  return found;
}
