/** What went wrong in a call: the status code, and what google.rpc details say of it. */
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { Code, ConnectError } from "@connectrpc/connect";
import { NoVisitors } from "./credentials.ts";

export interface Failure {
  code: Code;
  /** ErrorInfo.reason, such as "SESSION_BUSY"; empty when the server named none. */
  reason: Reason;
  /** ErrorInfo.metadata. */
  metadata: Record<string, string>;
  /** The first field that BadRequest names, such as "settings.time_zone"; empty when it names none. */
  field?: string;
  /** RetryInfo.retry_delay in milliseconds; null when the server named none. */
  retryAfter: number | null;
  /** A sentence in English, for logs and for the desk. */
  message: string;
}

/** What a server says of a failure. Other words may come from a newer one. */
export type Reason =
  | "BAD_REQUEST"
  | "REQUEST_ID_REUSED"
  | "UNAUTHENTICATED"
  | "SCOPE_MISSING"
  | "IDENTITY_NOT_VERIFIED"
  | "IDENTITY_REQUIRED"
  | "IDENTITY_OFF"
  | "EMAIL_CODE_LIMIT"
  | "SESSION_NOT_FOUND"
  | "TURN_NOT_FOUND"
  | "COLLECTION_NOT_FOUND"
  | "DOCUMENT_NOT_FOUND"
  | "ATTACHMENT_NOT_FOUND"
  | "ATTACHMENT_REFUSED"
  | "ATTACHMENT_LIMIT"
  | "ATTACHMENTS_OFF"
  | "OFFSET_OUT_OF_RANGE"
  | "SESSION_BUSY"
  | "SESSION_CLOSED"
  | "OVERLOADED"
  | "TENANT_LIMIT"
  | "ADDRESS_LIMIT"
  | "VISITOR_LIMIT"
  | "REQUEST_TOO_LARGE"
  | "BACKEND_UNAVAILABLE"
  | "DEADLINE_EXCEEDED"
  | "METHOD_UNKNOWN"
  | "INTERNAL"
  | ""
  | (string & {});

/** A call failed, and trying again by itself would not help, or did not. */
export class KefuError extends Error implements Failure {
  readonly code: Code;
  readonly reason: Reason;
  readonly metadata: Record<string, string>;
  readonly field: string;
  readonly retryAfter: number | null;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = "KefuError";
    this.code = failure.code;
    this.reason = failure.reason;
    this.metadata = failure.metadata;
    this.field = failure.field ?? "";
    this.retryAfter = failure.retryAfter;
  }
}

/** What is known of an error that a call threw. */
export function failureOf(error: unknown): Failure {
  if (error instanceof KefuError) return error;
  const known = ConnectError.from(error);
  const failure: Failure = { code: known.code, reason: "", metadata: {}, retryAfter: null, message: known.rawMessage };
  const noToken = [error, known.cause].find((one) => one instanceof NoVisitors);
  if (noToken) return { ...failure, code: codeOf(noToken.status), retryAfter: noToken.retryAfter };
  for (const detail of known.details) {
    if (!("type" in detail) || !(detail.value instanceof Uint8Array)) continue;
    if (detail.type === "google.rpc.ErrorInfo") readErrorInfo(detail.value, failure);
    if (detail.type === "google.rpc.BadRequest") readFieldViolation(detail.value, failure);
    if (detail.type === "google.rpc.RetryInfo") failure.retryAfter = readRetryDelay(detail.value);
  }
  return failure;
}

function codeOf(status: number): Code {
  if (status === 429) return Code.ResourceExhausted;
  return status >= 500 ? Code.Unavailable : Code.PermissionDenied;
}

// Three small messages of google.rpc, read by hand: their generated code would be larger than all that uses it.

function readErrorInfo(bytes: Uint8Array, into: Failure): void {
  eachField(bytes, {
    1: (reader) => (into.reason = reader.string()),
    3: (reader) => {
      let key = "";
      let value = "";
      eachField(reader.bytes(), { 1: (entry) => (key = entry.string()), 2: (entry) => (value = entry.string()) });
      into.metadata[key] = value;
    },
  });
}

function readFieldViolation(bytes: Uint8Array, into: Failure): void {
  eachField(bytes, { 1: (reader) => eachField(reader.bytes(), { 1: (violation) => (into.field ||= violation.string()) }) });
}

function readRetryDelay(bytes: Uint8Array): number {
  let milliseconds = 0;
  eachField(bytes, {
    1: (reader) =>
      eachField(reader.bytes(), {
        1: (duration) => (milliseconds += Number(duration.int64()) * 1000),
        2: (duration) => (milliseconds += duration.int32() / 1e6),
      }),
  });
  return milliseconds;
}

function eachField(bytes: Uint8Array, handlers: Record<number, (reader: BinaryReader) => unknown>): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const handler = handlers[number];
    if (handler) handler(reader);
    else reader.skip(type);
  }
}
