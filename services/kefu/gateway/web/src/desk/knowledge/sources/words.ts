/** Runs and their outcomes, in words. */

import { DocumentOutcome_Outcome as Outcome, type Source, type Sync, Sync_State as State } from "../../../gen/kefu/retrieval/v1/source_pb.ts";
import { listed } from "../../../shared/i18n.ts";
import { t } from "../../texts.ts";

const OUTCOMES = ["added", "changed", "moved", "gone", "failed", "missing", "forbidden", "unchanged"] as const;

export function outcomeText(name: (typeof OUTCOMES)[number]): string {
  const texts = {
    added: t("syncOutcomeAdded"),
    changed: t("syncOutcomeChanged"),
    moved: t("syncOutcomeMoved"),
    gone: t("syncOutcomeGone"),
    failed: t("syncOutcomeFailed"),
    missing: t("syncOutcomeMissing"),
    forbidden: t("syncOutcomeForbidden"),
    unchanged: t("syncOutcomeUnchanged"),
  };
  return texts[name];
}

export function outcomeOf(outcome: Outcome): string {
  const name = OUTCOMES[outcome - 1];
  return name === undefined ? "" : outcomeText(name);
}

/** "3 added, 1 gone". */
export function countsText(sync: Sync): string {
  const { counts } = sync;
  if (counts === undefined) return "";
  return listed(OUTCOMES.filter((name) => counts[name] > 0).map((name) => `${counts[name]} ${outcomeText(name)}`));
}

export function stateText(sync: Sync): string {
  switch (sync.state) {
    case State.QUEUED:
      return t("syncQueued");
    case State.RUNNING:
      return t("syncRunning", { seen: sync.seen, applied: sync.applied, total: sync.toApply });
    case State.HELD:
      return t("syncHeld");
    case State.FAILED:
      return t("syncFailed");
    case State.DISMISSED:
      return t("syncDismissed");
    case State.SUPERSEDED:
      return t("syncSuperseded");
    default:
      return t("syncDone");
  }
}

export function lastOf(name: string): string {
  return name.split("/").at(-1) ?? "";
}

/** What people call a source. */
export function titleOf(source: Source): string {
  return source.displayName || lastOf(source.name);
}

/** Where its documents come from. */
export function placeOf(source: Source): string {
  const { origin } = source;
  switch (origin.case) {
    case "folder":
      return origin.value.path;
    case "s3":
      return `${origin.value.endpoint}/${origin.value.bucket}/${origin.value.prefix}`;
    case "rest":
      return origin.value.recipe;
    case undefined:
      return "";
    default:
      return origin.value.address;
  }
}
