/** Files to /api/import, and what it reports of each while it works: a line of JSON for each ImportDocumentsResponse. */

import { fromJson, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { ConnectError } from "@connectrpc/connect";

import type { Credentials } from "../../shared/auth.ts";
import { type Failure, failureOf } from "@kefu/client";
import {
  type DocumentResult,
  DocumentResult_Outcome,
  type ImportDocumentsResponse,
  ImportDocumentsResponseSchema,
} from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";

/** What the caller says of the files, as in DocumentStart; unset fields are left to the documents. */
export interface ImportOptions {
  readonly title?: string;
  readonly language?: string;
  readonly uri?: string;
  readonly valid_from?: string;
  readonly valid_until?: string;
  readonly audience?: string;
  readonly kind?: string;
  /** The name of the draft that the files go into. */
  readonly draft?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface FileState {
  readonly id: number;
  readonly path: string;
  readonly size: number;
  readonly phase: "queued" | "sending" | "embedding" | "done" | "failed";
  readonly total: number;
  readonly embedded: number;
  /** Of an archive there is one for each document in it. */
  readonly results: readonly DocumentResult[];
  /** Why nothing became of it, when the import as a whole failed. */
  readonly error: string;
}

export function queued(id: number, path: string, size: number): FileState {
  return { id, path, size, phase: "queued", total: 0, embedded: 0, results: [], error: "" };
}

/** The file after a report. A result of its own path ends it; one of a document inside it does not. */
export function afterReport(file: FileState, report: ImportDocumentsResponse): FileState {
  switch (report.report.case) {
    case "progress": {
      const { passagesTotal, passagesEmbedded } = report.report.value;
      return { ...file, phase: "embedding", total: passagesTotal, embedded: passagesEmbedded };
    }
    case "result": {
      const result = report.report.value;
      const results = [...file.results, result];
      if (result.path !== file.path) return { ...file, results };
      return { ...file, results, phase: result.outcome === DocumentResult_Outcome.FAILED ? "failed" : "done" };
    }
    default:
      return file;
  }
}

/** Share of the work that is done, 0 to 1; null while nothing is known. */
export function share(file: FileState): number | null {
  if (file.phase === "done" || file.phase === "failed") return 1;
  return file.total > 0 ? file.embedded / file.total : null;
}

/** The import as a whole was refused; documents have results of their own. */
export class ImportRefused extends Error {
  readonly failure: Failure;

  /** `body` is what the gateway answered: an error in the JSON form of the Connect protocol, or whatever a proxy says. */
  constructor(body: string) {
    super("The import was refused.");
    this.failure = failureIn(body);
  }
}

/** Sends one file and yields the reports as they come. */
export async function* importFile(
  collection: string,
  file: File,
  path: string,
  options: ImportOptions,
  credentials: Credentials,
  signal: AbortSignal,
): AsyncGenerator<ImportDocumentsResponse> {
  const form = new FormData();
  form.append("options", JSON.stringify(options));
  form.append("files", file, path);
  const token = await credentials.token();
  const response = await fetch(`/api/import?collection=${encodeURIComponent(collection)}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
    body: form,
    signal,
  });
  if (response.status === 401) credentials.refused(token);
  if (!response.ok || response.body === null) throw new ImportRefused(await response.text());
  for await (const line of lines(response.body)) {
    const report = JSON.parse(line) as JsonValue;
    if (isObject(report) && isObject(report["error"])) throw new ImportRefused(JSON.stringify(report["error"]));
    yield fromJson(ImportDocumentsResponseSchema, report, { ignoreUnknownFields: true });
  }
}

/** The lines of a stream, as soon as each is whole; empty ones are left out. */
export async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const parts = (rest + (value ?? "")).split("\n");
      rest = done ? "" : (parts.pop() ?? "");
      yield* parts.map((part) => part.trim()).filter((part) => part !== "");
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => undefined); // the stream may have failed already, which read() has said
  }
}

function failureIn(body: string): Failure {
  let said: JsonValue;
  try {
    said = JSON.parse(body) as JsonValue;
  } catch {
    return failureOf(new ConnectError(body.slice(0, 200)));
  }
  const error = new ConnectError(isObject(said) && typeof said["message"] === "string" ? said["message"] : body.slice(0, 200));
  for (const detail of isObject(said) && Array.isArray(said["details"]) ? said["details"] : []) {
    if (isObject(detail) && typeof detail["type"] === "string" && typeof detail["value"] === "string") {
      error.details.push({ type: detail["type"], value: base64Decode(detail["value"]) });
    }
  }
  return failureOf(error);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
