"""
Every error that a caller can see, with its status code and what the caller should do:

  BadRequest              INVALID_ARGUMENT     correct the field that BadRequest names
  RequestIdReused         INVALID_ARGUMENT     make a new request_id for a new text
  AttachmentRefused       INVALID_ARGUMENT     send another: metadata `why` is type, broken, password, pixels or slow
  PromptTooLong           INVALID_ARGUMENT     shorten to metadata max_prompt_tokens
  Unauthenticated         UNAUTHENTICATED      send a valid key
  ScopeMissing            PERMISSION_DENIED    use a key with the scope that metadata names
  IdentityNotVerified     UNAUTHENTICATED      ask the site for a new token, or for a new code
  IdentityRequired        PERMISSION_DENIED    let the customer sign in
  KeyTooStrong            PERMISSION_DENIED    ask for less, or have a stronger key make it; metadata has its `field`
  SessionNotFound         NOT_FOUND            open a session with "sessions/-"
  TurnNotFound            NOT_FOUND            list the session's turns
  CollectionNotFound      NOT_FOUND            list the collections, or create it
  DocumentNotFound        NOT_FOUND            list the documents
  CuratedAnswerNotFound   NOT_FOUND            list the curated answers
  DraftNotFound           NOT_FOUND            list the drafts, or create one
  VersionNotFound         NOT_FOUND            list the versions; without one, search the live version
  RevisionNotFound        NOT_FOUND            list the document's revisions
  SourceNotFound          NOT_FOUND            list the sources
  SyncNotFound            NOT_FOUND            list the source's runs
  TenantNotFound          NOT_FOUND            list the tenants
  KeyNotFound             NOT_FOUND            list the keys
  WebhookNotFound         NOT_FOUND            list the webhooks
  ActionNotFound          NOT_FOUND            list the actions
  ProcedureNotFound       NOT_FOUND            list the procedures, or its revisions
  GoldenQuestionNotFound  NOT_FOUND            list the golden questions
  GoldenRunNotFound       NOT_FOUND            list the runs
  SecretNotFound          NOT_FOUND            list the secrets
  ExperimentNotFound      NOT_FOUND            list the experiments
  AttachmentNotFound      NOT_FOUND            list the session's attachments
  StagedSettingsNotFound  NOT_FOUND            list the staged settings
  DeliveryNotFound        NOT_FOUND            list the webhook's deliveries
  CollectionExists        ALREADY_EXISTS       use it, or choose another id
  TenantExists            ALREADY_EXISTS       use it, or choose another id
  OffsetOutOfRange        OUT_OF_RANGE         resume from 0
  SessionBusy             ABORTED              wait for the other answer, then resend
  ClaimLost               ABORTED              read the conversation, and claim it again
  StaleRevision           ABORTED              read the settings again, then update
  KnowledgeMoved          ABORTED              call again
  DraftOutdated           FAILED_PRECONDITION  refresh the draft, then promote it
  DraftHeld               FAILED_PRECONDITION  mend the draft and have it checked again, or promote it with `override`
  ArchiveOff              FAILED_PRECONDITION  the installation keeps no archive: set KEFU_ROUTER_ARCHIVE
  AttachmentsOff          FAILED_PRECONDITION  send no files: the tenant or the installation takes none
  IdentityOff             FAILED_PRECONDITION  see the tenant's identity settings
  SessionClosed           FAILED_PRECONDITION  open another session
  ExperimentRuns          FAILED_PRECONDITION  stop the experiment that runs
  AlreadyClaimed          FAILED_PRECONDITION  choose another conversation, or take it over from metadata `agent`
  PoisonedMessage         FAILED_PRECONDITION  write the message in other words
  NotDurable              FAILED_PRECONDITION  let Redis persist (appendonly yes), or accept that it does not
  SyncNotHeld             FAILED_PRECONDITION  read the source's runs again
  CannotContinue          FAILED_PRECONDITION  continue from text, or start over
  CannotChoose            FAILED_PRECONDITION  ask another replica, or a server that tells probabilities
  Overloaded              RESOURCE_EXHAUSTED   retry after RetryInfo.retry_delay
  TenantLimit             RESOURCE_EXHAUSTED   retry after RetryInfo.retry_delay, or have the limit of metadata raised
  AddressLimit            RESOURCE_EXHAUSTED   retry after RetryInfo.retry_delay, less often, or with a key
  VisitorLimit            RESOURCE_EXHAUSTED   retry after RetryInfo.retry_delay
  EmailCodeLimit          RESOURCE_EXHAUSTED   use the last code, or retry after RetryInfo.retry_delay
  AttachmentLimit         RESOURCE_EXHAUSTED   open another session: this one has as many as metadata `limit` says
  RequestTooLarge         RESOURCE_EXHAUSTED   send less in one call
  StorageFull             RESOURCE_EXHAUSTED   retry after RetryInfo.retry_delay; operators give Redis more room
  ReplicaFull             RESOURCE_EXHAUSTED   try another replica
  EngineDead              UNAVAILABLE          try another replica
  BackendUnavailable      UNAVAILABLE          retry with backoff
  DeadlineExceeded        DEADLINE_EXCEEDED    allow more time
  MethodUnknown           UNIMPLEMENTED        call a method of the contract, at the address that serves it
  Internal                INTERNAL             report it with the trace id of metadata

StartupError never reaches a caller: it ends a process before it serves.
"""

import grpc

DOMAIN = "kefu"
"""The domain of every ErrorInfo."""
CANNOT_START = 78
"""Exit status of a process that would fail again in the same way (sysexits.h calls it EX_CONFIG)."""


class ServiceError(Exception):
    """An error that a caller is meant to see, with a status code and a reason.

    Args:
        message: a sentence that says what happened and what to do.
        metadata: the metadata of ErrorInfo.
        retry_after: seconds after which to call again, sent as RetryInfo; None: not said.
    """

    code: grpc.StatusCode
    reason: str

    def __init__(
        self, message: str, *, metadata: dict[str, str] | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.metadata = metadata or {}
        self.retry_after = retry_after


class StartupError(Exception):
    """The process cannot start, and another start would fail in the same way. The message says why and what to do."""


class BadRequest(ServiceError):
    """A field of the request is wrong."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    reason = "BAD_REQUEST"

    def __init__(self, field: str, description: str) -> None:
        super().__init__(f"{field}: {description}")
        self.field = field
        self.description = description


class RequestIdReused(ServiceError):
    """This request_id came before with another text."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    reason = "REQUEST_ID_REUSED"


class PromptTooLong(ServiceError):
    """The prompt does not fit the model; metadata holds `prompt_tokens` and `max_prompt_tokens`."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    reason = "PROMPT_TOO_LONG"

    def __init__(self, prompt_tokens: int, max_prompt_tokens: int) -> None:
        super().__init__(
            f"The prompt has {prompt_tokens} tokens and the model takes {max_prompt_tokens}; shorten it.",
            metadata={"prompt_tokens": str(prompt_tokens), "max_prompt_tokens": str(max_prompt_tokens)},
        )
        self.prompt_tokens = prompt_tokens
        self.max_prompt_tokens = max_prompt_tokens


class Unauthenticated(ServiceError):
    """There is no key, or it is not valid."""

    code = grpc.StatusCode.UNAUTHENTICATED
    reason = "UNAUTHENTICATED"


class ScopeMissing(ServiceError):
    """The key may not do this; metadata `scope` names what it would need."""

    code = grpc.StatusCode.PERMISSION_DENIED
    reason = "SCOPE_MISSING"


class IdentityNotVerified(ServiceError):
    """A customer's token or code that proves nothing: not valid, expired, another's, used up."""

    code = grpc.StatusCode.UNAUTHENTICATED
    reason = "IDENTITY_NOT_VERIFIED"


class IdentityRequired(ServiceError):
    """The tenant answers customers only whose identity is verified."""

    code = grpc.StatusCode.PERMISSION_DENIED
    reason = "IDENTITY_REQUIRED"


class IdentityOff(ServiceError):
    """The tenant does not identify customers in this way."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "IDENTITY_OFF"


class EmailCodeLimit(ServiceError):
    """Too many codes were sent to this address, or for this visitor or tenant."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "EMAIL_CODE_LIMIT"


class ActionNotFound(ServiceError):
    """No such action."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "ACTION_NOT_FOUND"


class ProcedureNotFound(ServiceError):
    """No such procedure, or no such revision of it."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "PROCEDURE_NOT_FOUND"


class GoldenQuestionNotFound(ServiceError):
    """The tenant has no such golden question."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "GOLDEN_QUESTION_NOT_FOUND"


class GoldenRunNotFound(ServiceError):
    """There is no such run of golden questions, or no longer."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "GOLDEN_RUN_NOT_FOUND"


class StagedSettingsNotFound(ServiceError):
    """No such staged settings, or they were promoted or discarded."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "STAGED_SETTINGS_NOT_FOUND"


class ExperimentNotFound(ServiceError):
    """No such experiment, or it is not among the last ones any more."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "EXPERIMENT_NOT_FOUND"


class SecretNotFound(ServiceError):
    """No such secret."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "SECRET_NOT_FOUND"


class AttachmentNotFound(ServiceError):
    """No such attachment, or the key may not read its session."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "ATTACHMENT_NOT_FOUND"


class AttachmentRefused(ServiceError):
    """A file that is not taken; metadata `why` is type, broken, password, pixels or slow."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    reason = "ATTACHMENT_REFUSED"


class AttachmentsOff(ServiceError):
    """The tenant takes no attachments, or the installation has no place for them."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "ATTACHMENTS_OFF"


class AttachmentLimit(ServiceError):
    """The session has as many attachments as it may have; metadata `limit` says how many."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "ATTACHMENT_LIMIT"


class KeyTooStrong(ServiceError):
    """A key cannot make a stronger one; metadata holds the `field` of the request and what is `lacking`."""

    code = grpc.StatusCode.PERMISSION_DENIED
    reason = "KEY_TOO_STRONG"


class ArchiveOff(ServiceError):
    """The installation keeps no archive of conversations."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "ARCHIVE_OFF"


class SessionNotFound(ServiceError):
    """No such session, or another caller's."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "SESSION_NOT_FOUND"


class TurnNotFound(ServiceError):
    """No such turn, or another caller's."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "TURN_NOT_FOUND"


class CollectionNotFound(ServiceError):
    """No such collection, or the key may not use it."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "COLLECTION_NOT_FOUND"


class DocumentNotFound(ServiceError):
    """No such document."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "DOCUMENT_NOT_FOUND"


class CuratedAnswerNotFound(ServiceError):
    """No such curated answer."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "CURATED_ANSWER_NOT_FOUND"


class DraftNotFound(ServiceError):
    """No such draft, or it was promoted or discarded."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "DRAFT_NOT_FOUND"


class VersionNotFound(ServiceError):
    """No such version of a collection's knowledge, or it is no longer kept, or loaded."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "VERSION_NOT_FOUND"


class RevisionNotFound(ServiceError):
    """No such revision of a document, or it is no longer kept."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "REVISION_NOT_FOUND"


class SourceNotFound(ServiceError):
    """No such source of this collection."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "SOURCE_NOT_FOUND"


class SyncNotFound(ServiceError):
    """No such run of this source, or it is older than those that are kept."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "SYNC_NOT_FOUND"


class SyncNotHeld(ServiceError):
    """This run waits for nobody's approval: it never did, or somebody was faster."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "SYNC_NOT_HELD"


class TenantNotFound(ServiceError):
    """No such tenant, or the key may not administer it."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "TENANT_NOT_FOUND"


class KeyNotFound(ServiceError):
    """No such key."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "KEY_NOT_FOUND"


class WebhookNotFound(ServiceError):
    """No such webhook."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "WEBHOOK_NOT_FOUND"


class DeliveryNotFound(ServiceError):
    """No such delivery, or it has expired."""

    code = grpc.StatusCode.NOT_FOUND
    reason = "DELIVERY_NOT_FOUND"


class CollectionExists(ServiceError):
    """A collection with this id exists already."""

    code = grpc.StatusCode.ALREADY_EXISTS
    reason = "COLLECTION_EXISTS"


class TenantExists(ServiceError):
    """A tenant with this id exists already."""

    code = grpc.StatusCode.ALREADY_EXISTS
    reason = "TENANT_EXISTS"


class OffsetOutOfRange(ServiceError):
    """The offset lies beyond the answer's text."""

    code = grpc.StatusCode.OUT_OF_RANGE
    reason = "OFFSET_OUT_OF_RANGE"


class SessionBusy(ServiceError):
    """This session is still answering an earlier message."""

    code = grpc.StatusCode.ABORTED
    reason = "SESSION_BUSY"


class ClaimLost(ServiceError):
    """The claim is no longer valid: another agent took over, it expired, or the session was returned."""

    code = grpc.StatusCode.ABORTED
    reason = "CLAIM_LOST"


class StaleRevision(ServiceError):
    """The settings were changed since the caller read them."""

    code = grpc.StatusCode.ABORTED
    reason = "STALE_REVISION"


class KnowledgeMoved(ServiceError):
    """What was to be changed was replaced at that moment, and nothing was changed."""

    code = grpc.StatusCode.ABORTED
    reason = "KNOWLEDGE_MOVED"


class DraftOutdated(ServiceError):
    """The live version has changed since the draft was made or last refreshed."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "DRAFT_OUTDATED"


class DraftHeld(ServiceError):
    """The draft's last check failed, or has not ended; metadata `failed` counts what failed."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "DRAFT_HELD"


class ExperimentRuns(ServiceError):
    """A tenant's experiment runs already."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "EXPERIMENT_RUNS"


class SessionClosed(ServiceError):
    """The session was closed."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "SESSION_CLOSED"


class AlreadyClaimed(ServiceError):
    """Another agent has claimed the session; metadata `agent` holds the name."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "ALREADY_CLAIMED"


class PoisonedMessage(ServiceError):
    """Every router that began to answer this message has died. It is not tried again."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "POISONED_MESSAGE"


class NotDurable(ServiceError):
    """Redis did not confirm that the change is on disk."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "NOT_DURABLE"


class CannotContinue(ServiceError):
    """This replica cannot continue an answer from the token ids that another replica sent."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "CANNOT_CONTINUE"


class CannotChoose(ServiceError):
    """This replica's engine, or the server behind it, does not say how probable its tokens were."""

    code = grpc.StatusCode.FAILED_PRECONDITION
    reason = "CANNOT_CHOOSE"


class Overloaded(ServiceError):
    """More work came than can be done in time; metadata `limit` names what was full."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "OVERLOADED"


class TenantLimit(ServiceError):
    """The tenant, or one key of it, exceeds a limit; metadata `limit` names the setting, and `value` is its value."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "TENANT_LIMIT"


class AddressLimit(ServiceError):
    """Too many calls, or without a key too many streams, come from this address. Sent by nginx and the gateway."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "ADDRESS_LIMIT"


class VisitorLimit(ServiceError):
    """This visitor, or all of them, call more often or hold more streams than they may. Sent by the gateway."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "VISITOR_LIMIT"


class RequestTooLarge(ServiceError):
    """The request is larger than its method accepts. Sent by nginx and the gateway; a server bounds each message."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "REQUEST_TOO_LARGE"


class StorageFull(ServiceError):
    """Redis' memory or disk is full, or nearly so that nothing new is begun; metadata `what` names what was refused."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "STORAGE_FULL"


class ReplicaFull(ServiceError):
    """This replica accepts no more requests."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "REPLICA_FULL"


class EngineDead(ServiceError):
    """The replica's engine has died, and the process is shutting down."""

    code = grpc.StatusCode.UNAVAILABLE
    reason = "ENGINE_DEAD"


class BackendUnavailable(ServiceError):
    """A service behind this one did not answer."""

    code = grpc.StatusCode.UNAVAILABLE
    reason = "BACKEND_UNAVAILABLE"


class DeadlineExceeded(ServiceError):
    """The caller's deadline passed."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED
    reason = "DEADLINE_EXCEEDED"


class MethodUnknown(ServiceError):
    """No service at this address has such a method. Sent by nginx and the gateway."""

    code = grpc.StatusCode.UNIMPLEMENTED
    reason = "METHOD_UNKNOWN"


class Internal(ServiceError):
    """An unexpected exception, which no caller can mend. The log holds it."""

    code = grpc.StatusCode.INTERNAL
    reason = "INTERNAL"
