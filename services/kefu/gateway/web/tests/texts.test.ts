import { describe, expect, it } from "vitest";
import { EN, ZH, t } from "../src/chat/texts_answers.ts";
import { choose } from "../src/shared/i18n.ts";

const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();

describe("texts", () => {
  it("are there in both languages, with the same places", () => {
    expect(Object.keys(ZH).sort()).toEqual(Object.keys(EN).sort());
    for (const [key, text] of Object.entries(EN)) {
      const other = ZH[key as keyof typeof EN];
      expect(other, key).not.toBe("");
      expect(places(other), key).toEqual(places(text));
    }
  });

  it("are Chinese where Chinese is asked for", () => {
    const kept = new Set(["language"]); // it names the other language, in its own words
    for (const [key, text] of Object.entries(ZH)) if (!kept.has(key)) expect(text, key).toMatch(/\p{Script=Han}/u);
  });

  it("change with the language, and count", () => {
    choose("en");
    expect(t("left", { count: 1 })).toBe("1 character left");
    expect(t("left", { count: 2 })).toBe("2 characters left");
    choose("zh");
    expect(t("left", { count: 1 })).toBe("还可输入 1 个字符");
    choose("en");
  });

  it("ask for a person in the words that the router knows as such a wish", () => {
    expect([EN.person_message, ZH.person_message]).toEqual(["I want to talk to a person", "转人工客服"]);
  });
});
