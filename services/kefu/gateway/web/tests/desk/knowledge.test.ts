/** Documents that want attention, imports as they are reported, and the threshold. */

import { create } from "@bufbuild/protobuf";
import { afterEach, describe, expect, test, vi } from "vitest";

import { isEditable, matching, neverCited, stale, textOf, validityOn } from "../../src/desk/knowledge/documents_state.ts";
import { afterReport, importFile, ImportRefused, lines, queued, share } from "../../src/desk/knowledge/importing.ts";
import { doubtText, recognitionText } from "../../src/desk/knowledge/recognition.ts";
import { thresholdOf } from "../../src/desk/knowledge/threshold.ts";
import { type Document, DocumentSchema, ImportDocumentsResponseSchema, PassageSchema, SearchHitSchema, TextRecognitionSchema } from "../../src/gen/kefu/retrieval/v1/knowledge_pb.ts";

const document = (id: string, more: object = {}): Document => create(DocumentSchema, { name: `collections/c/documents/${id}`, path: `${id}.md`, title: id, ...more });

describe("validity", () => {
  test.each([
    [{}, "valid"],
    [{ validUntil: "2026-11-25" }, "ending"], // the day itself is included
    [{ validUntil: "2026-11-24" }, "ended"],
    [{ validUntil: "2026-12-25" }, "ending"],
    [{ validUntil: "2026-12-26" }, "valid"],
    [{ validFrom: "2026-11-26" }, "coming"],
    [{ validFrom: "2026-11-25" }, "valid"],
  ])("%o on 2026-11-25 is %s", (dates, validity) => {
    expect(validityOn(document("d", dates), "2026-11-25")).toBe(validity);
  });

  test("stale documents: ended and ending, the earliest first", () => {
    const documents = [document("soon", { validUntil: "2026-12-01" }), document("fine"), document("ended", { validUntil: "2026-01-01" })];
    expect(stale(documents, "2026-11-25").map((one) => one.title)).toEqual(["ended", "soon"]);
  });
});

test("never cited are those that the counts leave out, the oldest first", () => {
  const documents = [document("new", { updateTime: { seconds: 20n } }), document("cited"), document("old", { updateTime: { seconds: 10n } })];
  expect(neverCited(documents, new Set(["collections/c/documents/cited"])).map((one) => one.title)).toEqual(["old", "new"]);
});

test("documents are found by every word of title, path or metadata, in any case", () => {
  const documents = [document("Returns", { metadata: { product: "Kettle" } }), document("Refunds")];
  expect(matching(documents, "kettle RETURNS").map((one) => one.title)).toEqual(["Returns"]);
  expect(matching(documents, "  ").length).toBe(2);
});

test("text and Markdown are edited here, other formats are not", () => {
  expect(["a.md", "b.TXT", "c.pdf", "d.docx", "help.zip/en/e.md"].map(isEditable)).toEqual([true, true, false, false, true]);
});

test("a document is put together from its passages, each heading once", () => {
  const passage = (headings: string[], text: string) => create(PassageSchema, { headings, text });
  const passages = [passage(["Returns"], "One."), passage(["Returns", "Limits"], "Two."), passage(["Returns", "Limits"], "Three."), passage(["Refunds"], "Four.")];
  expect(textOf("Help", passages, true)).toBe("# Help\n\n## Returns\n\nOne.\n\n### Limits\n\nTwo.\n\nThree.\n\n## Refunds\n\nFour.\n");
  expect(textOf("Help", passages.slice(0, 1), false)).toBe("One.\n");
});

test("what text recognition has read is said with its certainty, rounded down", () => {
  const read = create(TextRecognitionSchema, { pages: "3, 5-9", pageCount: 6, pictureCount: 1, certainty: 0.9499, doubtfulPages: "5" });
  expect(recognitionText(read)).toBe("pages 3, 5-9 and 1 picture read by OCR, 94 % sure");
  expect(doubtText(read)).toBe("Compare with the original: 5");
  expect([recognitionText(undefined), doubtText(create(TextRecognitionSchema, {}))]).toEqual(["", ""]);
});

describe("an import", () => {
  const report = (init: Parameters<typeof create<typeof ImportDocumentsResponseSchema>>[1]) => create(ImportDocumentsResponseSchema, init);
  const file = queued(1, "help.zip", 10);

  test("pages are counted while it is read", () => {
    const reading = afterReport(file, report({ report: { case: "progress", value: { path: "help.zip", pagesTotal: 400, pagesRead: 100, pagesRecognized: 3 } } }));
    expect([reading.phase, share(reading)]).toEqual(["reading", 0.25]);
  });

  test("progress and its result", () => {
    const embedding = afterReport(file, report({ report: { case: "progress", value: { path: "help.zip", passagesTotal: 8, passagesEmbedded: 2 } } }));
    expect([embedding.phase, share(embedding)]).toEqual(["embedding", 0.25]);
    const failed = afterReport(embedding, report({ report: { case: "result", value: { path: "help.zip", outcome: 4, reason: "NO_TEXT_LAYER" } } }));
    expect([failed.phase, failed.results[0]?.reason]).toEqual(["failed", "NO_TEXT_LAYER"]);
  });

  test("what is in an archive does not end it, and is kept", () => {
    const inside = afterReport(file, report({ report: { case: "result", value: { path: "help.zip/a.md", outcome: 4, reason: "NOT_TEXT" } } }));
    expect(inside.phase).toBe("queued");
    expect(inside.results.length).toBe(1);
  });

  test("lines come whole however the network cuts them, characters included", async () => {
    const bytes = new TextEncoder().encode('{"a":"积分"}\n\n{"b":1}\n{"c":2}');
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += 3) controller.enqueue(bytes.slice(at, at + 3));
        controller.close();
      },
    });
    const got: string[] = [];
    for await (const line of lines(body)) got.push(line);
    expect(got).toEqual(['{"a":"积分"}', '{"b":1}', '{"c":2}']);
  });
});

describe("a refused import", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });
  const credentials = { token: () => Promise.resolve("kefu_x"), refused: vi.fn() };
  const run = async (response: Response) => {
    vi.stubGlobal("fetch", () => Promise.resolve(response));
    const reports = importFile("collections/c", new File(["x"], "a.md"), "a.md", {}, credentials, new AbortController().signal);
    try {
      for await (const _ of reports) void _;
    } catch (error) {
      if (error instanceof ImportRefused) return error.failure;
      throw error;
    }
    return expect.unreachable();
  };
  // google.rpc.ErrorInfo { reason: "COLLECTION_NOT_FOUND", domain: "kefu" }
  const details = [{ type: "google.rpc.ErrorInfo", value: "ChRDT0xMRUNUSU9OX05PVF9GT1VORBIEa2VmdQ" }];

  test("says its reason before the first line", async () => {
    const failure = await run(Response.json({ code: "not_found", message: "No such collection.", details }, { status: 404 }));
    expect(failure).toMatchObject({ reason: "COLLECTION_NOT_FOUND", message: "No such collection." });
  });

  test("says its reason in a later line", async () => {
    const failure = await run(new Response(`${JSON.stringify({ error: { code: "not_found", message: "Gone.", details } })}\n`));
    expect(failure).toMatchObject({ reason: "COLLECTION_NOT_FOUND", message: "Gone." });
  });

  test("of a proxy says what the proxy said, and a refused key is told", async () => {
    const failure = await run(new Response("<h1>Unauthorized</h1>", { status: 401 }));
    expect(failure.message).toBe("<h1>Unauthorized</h1>");
    expect(credentials.refused).toHaveBeenCalledWith("kefu_x");
  });
});

test("the tenant's threshold goes before the collection's, and without either it is unknown", () => {
  const hits = [create(SearchHitSchema, { signals: { minRelevance: 0.52 } })];
  expect(thresholdOf(hits, 0.4)).toEqual({ of: "tenant", value: 0.4 });
  expect(thresholdOf(hits, undefined)).toMatchObject({ of: "collection" });
  expect(thresholdOf([create(SearchHitSchema, { signals: {} })], undefined)).toEqual({ of: "unknown" });
});
