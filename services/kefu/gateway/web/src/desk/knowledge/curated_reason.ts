/** Why a curated answer was not given, in a sentence. */

import type { CuratedMatch } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { t } from "../texts.ts";

export function curatedReason(match: Pick<CuratedMatch, "reason">): string {
  switch (match.reason) {
    case "TOO_FAR":
      return t("curatedTooFar");
    case "NOT_VALID":
      return t("curatedNotValid");
    case "OTHER_LANGUAGE":
      return t("curatedOtherLanguage");
    case "OTHER_NUMBER":
      return t("curatedOtherNumber");
    case "NEGATION":
      return t("curatedNegation");
    case "OTHER_QUESTION":
      return t("curatedOtherQuestion");
    case "OTHER_WORDS":
      return t("curatedOtherWords");
    case "OTHER_ORDER":
      return t("curatedOtherOrder");
    default:
      return match.reason;
  }
}
