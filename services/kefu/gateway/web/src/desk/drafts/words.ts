/** States and changes of drafts in words. */

import { type Draft, Draft_State, type DraftChange, DraftChange_Change, type DraftChangeCounts, type Version } from "../../gen/kefu/retrieval/v1/draft_pb.ts";
import { t } from "../texts.ts";

export function isOpen(draft: Draft): boolean {
  return [Draft_State.OPEN, Draft_State.CHECKING, Draft_State.HELD].includes(draft.state);
}

export function stateText(draft: Draft): string {
  switch (draft.state) {
    case Draft_State.CHECKING:
      return t("draftChecking");
    case Draft_State.HELD:
      return t("draftHeld");
    case Draft_State.PROMOTED:
      return t("draftPromoted");
    case Draft_State.DISCARDED:
      return t("draftDiscarded");
    default:
      return t("draftOpen");
  }
}

/** What a draft changes, in numbers; documents, curated answers and the dictionary together. */
export function countsText(counts: DraftChangeCounts | undefined): string {
  if (counts === undefined) return "";
  return t("draftCounts", {
    added: counts.documentsAdded + counts.curatedAnswersAdded,
    changed: counts.documentsChanged + counts.curatedAnswersChanged + (counts.dictionaryChanged ? 1 : 0),
    deleted: counts.documentsDeleted + counts.curatedAnswersDeleted,
  });
}

export function changeText(change: DraftChange): string {
  switch (change.change) {
    case DraftChange_Change.ADDED:
      return t("changeAdded");
    case DraftChange_Change.DELETED:
      return t("changeDeleted");
    default:
      return t("changeChanged");
  }
}

export function labelOf(change: DraftChange): string {
  return change.title || change.label || t("changeDictionary");
}

export function versionTitle(version: Version): string {
  return version.title || t("versionOriginal");
}
