import { describe, expect, it } from "vitest";
import { AnswerText, byteLength, indexAt } from "@kefu/client";

const MIXED = "aé中𠮷😀👩‍👩‍👧 end";

describe("byte offsets", () => {
  it("count as UTF-8 does", () => {
    for (const text of ["", "a", "é", "中", "𠮷", "😀", MIXED]) {
      expect(byteLength(text)).toBe(new TextEncoder().encode(text).length);
    }
  });

  it("lead back to every character's place", () => {
    let before = "";
    for (const character of MIXED) {
      expect(indexAt(MIXED, new TextEncoder().encode(before).length)).toBe(before.length);
      before += character;
    }
    expect(indexAt(MIXED, byteLength(MIXED))).toBe(MIXED.length);
  });

  it("inside a character lead to where it begins, and beyond the text to its end", () => {
    expect(indexAt("中文", 4)).toBe(1);
    expect(indexAt("😀", 2)).toBe(0);
    expect(indexAt("ab", 99)).toBe(2);
  });
});

describe("an answer's text", () => {
  it("is what came, however it was cut", () => {
    const answer = new AnswerText();
    for (const character of MIXED) expect(answer.apply(answer.bytes, character)).toBe(true);
    expect(answer.text).toBe(MIXED);
    expect(answer.bytes).toBe(byteLength(MIXED));
  });

  it("is replaced from where a lower piece begins", () => {
    const answer = new AnswerText();
    answer.apply(0, "退货😀 within 30 days");
    expect(answer.apply(byteLength("退货😀 within "), "15 days 𠮷")).toBe(true);
    expect(answer.text).toBe("退货😀 within 15 days 𠮷");
    expect(answer.apply(byteLength("退货"), "")).toBe(true);
    expect(answer.text).toBe("退货");
    expect(answer.bytes).toBe(6);
  });

  it("refuses a piece that leaves a gap", () => {
    const answer = new AnswerText();
    answer.apply(0, "ab");
    expect(answer.apply(3, "d")).toBe(false);
    expect(answer.text).toBe("ab");
  });
});
