/** What went wrong in a call: the status code, and what google.rpc details say of it. */
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { Code, ConnectError } from "@connectrpc/connect";
import { NoVisitors } from "./auth.ts";

export interface Failure {
  code: Code;
  /** ErrorInfo.reason, such as "SESSION_BUSY"; empty when the server named none. */
  reason: string;
  /** ErrorInfo.metadata. */
  metadata: Record<string, string>;
  /** RetryInfo.retry_delay in milliseconds; null when the server named none. */
  retryAfter: number | null;
  /** A sentence in English, for logs and for the desk. */
  message: string;
}

/** Whether another try may succeed without anything being changed. */
export function isTransient(failure: Failure): boolean {
  return [Code.Unavailable, Code.DeadlineExceeded, Code.Aborted, Code.ResourceExhausted, Code.Unknown, Code.Internal].includes(
    failure.code,
  );
}

export function failureOf(error: unknown): Failure {
  const known = ConnectError.from(error);
  const failure: Failure = { code: known.code, reason: "", metadata: {}, retryAfter: null, message: known.rawMessage };
  const noToken = [error, known.cause].find((one) => one instanceof NoVisitors);
  if (noToken) return { ...failure, code: codeOf(noToken.status), retryAfter: noToken.retryAfter };
  for (const detail of known.details) {
    if (!("type" in detail) || !(detail.value instanceof Uint8Array)) continue;
    if (detail.type === "google.rpc.ErrorInfo") readErrorInfo(detail.value, failure);
    if (detail.type === "google.rpc.RetryInfo") failure.retryAfter = readRetryDelay(detail.value);
  }
  return failure;
}

function codeOf(status: number): Code {
  if (status === 429) return Code.ResourceExhausted;
  return status >= 500 ? Code.Unavailable : Code.PermissionDenied;
}

// Two small messages of google.rpc, read by hand: their generated code would be larger than all that uses it.

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
