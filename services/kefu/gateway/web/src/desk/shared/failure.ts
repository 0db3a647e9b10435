/** What a failed call says: the reason of its google.rpc.ErrorInfo, and the sentence for people. */

import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { Code, ConnectError } from "@connectrpc/connect";

export interface Failure {
  /** Such as "ALREADY_CLAIMED"; empty where the server gave none. */
  readonly reason: string;
  /** The server's sentence, in English; show it only where no text of ours fits. */
  readonly message: string;
  readonly code: Code;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Reads what a call threw. */
export function failureOf(error: unknown): Failure {
  const failed = ConnectError.from(error);
  const found = { reason: "", metadata: {} as Record<string, string> };
  for (const detail of failed.details) {
    if ("type" in detail && detail.type.endsWith("google.rpc.ErrorInfo") && detail.value instanceof Uint8Array) {
      readErrorInfo(detail.value, found);
    }
  }
  return { ...found, message: failed.rawMessage, code: failed.code };
}

/** The call was given up by its caller: nothing that anybody has to be told. */
export function isAbort(error: unknown): boolean {
  return ConnectError.from(error).code === Code.Canceled;
}

// ErrorInfo is { string reason = 1; string domain = 2; map<string, string> metadata = 3; }. Reading it takes less than
// the generated code of google.rpc would weigh.
function readErrorInfo(bytes: Uint8Array, into: { reason: string; metadata: Record<string, string> }): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === 1 && wire === WireType.LengthDelimited) {
      into.reason = reader.string();
    } else if (field === 3 && wire === WireType.LengthDelimited) {
      const entry = new BinaryReader(reader.bytes());
      let [key, value] = ["", ""];
      while (entry.pos < entry.len) {
        const [part, kind] = entry.tag();
        if (part === 1) key = entry.string();
        else if (part === 2) value = entry.string();
        else entry.skip(kind);
      }
      into.metadata[key] = value;
    } else {
      reader.skip(wire);
    }
  }
}
