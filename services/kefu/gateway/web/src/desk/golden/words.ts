/** Verdicts, changes and runs in words, with the colour of each. */

import { type GoldenAnswer, GoldenAnswer_Verdict, GoldenResult_Change, type GoldenRun, GoldenRun_State, GoldenRun_Trigger } from "../../gen/kefu/router/v1/golden_pb.ts";
import { t } from "../texts.ts";

type Kind = "plain" | "good" | "warn" | "danger";

export function verdictText(verdict: GoldenAnswer_Verdict): string {
  switch (verdict) {
    case GoldenAnswer_Verdict.RIGHT:
      return t("goldenVerdictRight");
    case GoldenAnswer_Verdict.HALF:
      return t("goldenVerdictHalf");
    case GoldenAnswer_Verdict.WRONG:
      return t("goldenVerdictWrong");
    case GoldenAnswer_Verdict.REFUSED:
      return t("verdictRefused");
    case GoldenAnswer_Verdict.ASKED_BACK:
      return t("verdictAskedBack");
    default:
      return t("goldenVerdictNone");
  }
}

export function verdictKind(verdict: GoldenAnswer_Verdict): Kind {
  if (verdict === GoldenAnswer_Verdict.RIGHT) return "good";
  return verdict === GoldenAnswer_Verdict.UNSPECIFIED ? "plain" : "danger";
}

/** Green, red, or neither: it was not asked. */
export function isRed(answer: GoldenAnswer | undefined): boolean {
  return answer !== undefined && verdictKind(answer.verdict) === "danger";
}

export function changeText(change: GoldenResult_Change): string {
  switch (change) {
    case GoldenResult_Change.LOST:
      return t("changeLost");
    case GoldenResult_Change.GAINED:
      return t("changeGained");
    case GoldenResult_Change.STILL_WRONG:
      return t("changeStillWrong");
    case GoldenResult_Change.STILL_RIGHT:
      return t("changeStillRight");
    default:
      return t("changeNone");
  }
}

export function changeKind(change: GoldenResult_Change): Kind {
  switch (change) {
    case GoldenResult_Change.LOST:
      return "danger";
    case GoldenResult_Change.GAINED:
    case GoldenResult_Change.STILL_RIGHT:
      return "good";
    case GoldenResult_Change.STILL_WRONG:
      return "warn";
    default:
      return "plain";
  }
}

/** What began a run, or who: `nameOf` the author. Empty where nobody knows. */
export function begunBy(run: GoldenRun, nameOf: (actor: string) => string): string {
  switch (run.trigger) {
    case GoldenRun_Trigger.DRAFT:
      return t("triggerDraft");
    case GoldenRun_Trigger.NIGHT:
      return t("triggerNight");
    default:
      return run.author === "" ? "" : nameOf(run.author);
  }
}

export function runStateText(run: GoldenRun): string {
  switch (run.state) {
    case GoldenRun_State.RUNNING:
      return t("runRunning");
    case GoldenRun_State.FINISHED:
      return t("runFinished");
    default:
      return t("runStopped");
  }
}

export function runSummary(run: GoldenRun): string {
  const { right, questions, lost, gained, stillWrong, notAsked } = run;
  return t("runSummary", { right, questions, lost, gained, wrong: stillWrong, none: notAsked });
}
