import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { evidenceFor, withFootnotes } from "../src/chat/footnotes.ts";
import { highlighted } from "../src/chat/highlight.ts";
import { byteLength } from "@kefu/client";
import { AnswerSource, TurnCompletedSchema } from "../src/gen/kefu/router/v1/chat_pb.js";

const NUMBERS = new Set([1, 2]);

/** A finished answer with citations that end after the given words. */
function finished(text: string, cited: [string, number][], source = AnswerSource.GENERATED) {
  const citations = cited.map(([words, number]) => ({
    start: 0n,
    end: BigInt(byteLength(text.slice(0, text.indexOf(words) + words.length))),
    number,
  }));
  return create(TurnCompletedSchema, { source, citations });
}

describe("footnotes", () => {
  it("are the model's own while the answer runs, where they point to a passage", () => {
    expect(withFootnotes("15 days [1], see [7].", NUMBERS, null).source).toBe("15 days⁅1⁆, see [7].");
  });

  it("stand at the citations' ends once it is finished, whatever the model named", () => {
    const text = "退货😀期限𠮷为 15 天。[2] Then more.";
    const { source } = withFootnotes(text, NUMBERS, finished(text, [["15 天。", 1], ["more.", 2]]));
    expect(source).toBe("退货😀期限𠮷为 15 天。⁅1⁆ Then more.⁅2⁆");
  });

  it("of one place stand together, each once", () => {
    const text = "Done. [1][2]";
    const completed = finished(text, [["Done.", 1], ["Done.", 2], ["Done.", 1]]);
    expect(withFootnotes(text, NUMBERS, completed).source).toBe("Done.⁅1⁆⁅2⁆");
  });

  it("leave an answer that staff wrote as it is", () => {
    const text = "Press [1] on your telephone.";
    const completed = finished(text, [["telephone.", 1]], AnswerSource.CURATED);
    expect(withFootnotes(text, NUMBERS, completed).source).toBe("Press [1] on your telephone.⁅1⁆");
  });

  it("break no table, no link and no fence", () => {
    const row = "| a | b |\n|---|---|\n| c | d |\n";
    expect(withFootnotes(row, NUMBERS, finished(row, [["d |", 1]])).source).toContain("| c | d ⁅1⁆|");
    const link = "See [here](https://example.com).";
    expect(withFootnotes(link, NUMBERS, finished(link, [["[here]", 1]])).source).toBe("See [here](https://example.com)⁅1⁆.");
    const code = "```\ncode\n```\n";
    expect(withFootnotes(code, NUMBERS, finished(code, [["code", 1]]))).toEqual({ source: code, loose: [1] });
    expect(withFootnotes(code, NUMBERS, finished(code, [["code\n```", 1]]))).toEqual({ source: code, loose: [1] });
  });

  it("cannot be forged", () => {
    expect(withFootnotes("⁅9⁆", NUMBERS, null).source).toBe("[9]");
  });
});

describe("evidence", () => {
  it("is what bears out the sentences that cite the passage", () => {
    const completed = create(TurnCompletedSchema, {
      citations: [{ start: 0n, end: 10n, number: 1 }],
      supports: [
        { start: 0n, end: 10n, number: 1, evidence: "cited" },
        { start: 10n, end: 20n, number: 1, evidence: "elsewhere" },
        { start: 0n, end: 10n, number: 2, evidence: "another passage" },
      ],
    });
    expect(evidenceFor(completed, 1)).toEqual(["cited"]);
  });

  it("is marked whatever the white space, and told apart when it stands nowhere", () => {
    const { pieces, missing } = highlighted("a (b)\n  c* d. e", ["(b) c*", "d.", "not there"]);
    expect(pieces).toEqual([
      { text: "a ", marked: false },
      { text: "(b)\n  c*", marked: true },
      { text: " ", marked: false },
      { text: "d.", marked: true },
      { text: " e", marked: false },
    ]);
    expect(missing).toEqual(["not there"]);
  });
});
