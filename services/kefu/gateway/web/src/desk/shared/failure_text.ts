/** What went wrong, in the words of the interface's language; what has none of ours is said in the server's English. */

import { Code } from "@connectrpc/connect";

import type { Failure } from "@kefu/client";
import { t } from "../texts.ts";

const BY_REASON = {
  SCOPE_MISSING: "failScope",
  UNAUTHENTICATED: "failUnauthenticated",
  SESSION_NOT_FOUND: "failSessionNotFound",
  SESSION_CLOSED: "failSessionClosed",
  CLAIM_LOST: "failClaimLost",
  COLLECTION_NOT_FOUND: "failCollectionNotFound",
  COLLECTION_EXISTS: "failCollectionExists",
  DOCUMENT_NOT_FOUND: "failDocumentNotFound",
  CURATED_ANSWER_NOT_FOUND: "failCuratedNotFound",
  PROCEDURE_NOT_FOUND: "failProcedureNotFound",
  GOLDEN_QUESTION_NOT_FOUND: "failGoldenNotFound",
  GOLDEN_RUN_NOT_FOUND: "failGoldenRunNotFound",
  ACTION_NOT_FOUND: "failActionNotFound",
  DRAFT_NOT_FOUND: "failDraftNotFound",
  DRAFT_OUTDATED: "failDraftOutdated",
  DRAFT_HELD: "failDraftHeld",
  KNOWLEDGE_MOVED: "failKnowledgeMoved",
  VERSION_NOT_FOUND: "failVersionNotFound",
  REVISION_NOT_FOUND: "failRevisionNotFound",
  SOURCE_NOT_FOUND: "failSourceNotFound",
  SYNC_NOT_FOUND: "failSyncNotFound",
  SYNC_NOT_HELD: "failSyncNotHeld",
  EXPERIMENT_RUNS: "failExperimentRuns",
  EXPERIMENT_NOT_FOUND: "failExperimentNotFound",
  SECRET_NOT_FOUND: "failSecretNotFound",
  BACKEND_UNAVAILABLE: "failUnavailable",
  NOT_DURABLE: "failNotDurable",
  STALE_REVISION: "failStaleRevision",
  OVERLOADED: "failOverloaded",
  STORAGE_FULL: "failStorageFull",
  TENANT_LIMIT: "failOverloaded",
  EMPTY_DOCUMENT: "failEmptyDocument",
  NOT_TEXT: "failNotText",
  NO_TEXT_LAYER: "failNoTextLayer",
  BAD_ENCODING: "failBadEncoding",
  BAD_CSV: "failBadTable",
  BAD_JSON: "failBadTable",
  BAD_FRONT_MATTER: "failBadFrontMatter",
  BAD_PATH: "failBadPath",
  BROKEN_FILE: "failBrokenFile",
  PASSWORD_PROTECTED: "failPassword",
  TOO_LARGE: "failTooLarge",
  REQUEST_TOO_LARGE: "failTooLarge",
  TOO_SLOW: "failTooSlow",
  UNSUPPORTED_TYPE: "failUnsupported",
} as const;

export function failureText(failure: Pick<Failure, "reason" | "message"> & Partial<Pick<Failure, "code" | "metadata">>): string {
  if (failure.reason === "ALREADY_CLAIMED") return t("failAlreadyClaimed", { agent: failure.metadata?.["agent"] ?? "?" });
  if (failure.reason === "TENANT_LIMIT" && failure.metadata?.["limit"] === "open_drafts") return t("failOpenDrafts");
  const key = BY_REASON[failure.reason as keyof typeof BY_REASON] as (typeof BY_REASON)[keyof typeof BY_REASON] | undefined;
  if (key !== undefined) return t(key, { scope: failure.metadata?.["scope"] ?? "" });
  if (failure.code === Code.Unimplemented) return t("failUnimplemented");
  if (failure.code === Code.Unavailable || failure.message === "Failed to fetch") return t("failUnavailable");
  return failure.message || failure.reason;
}
