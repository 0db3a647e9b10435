import { describe, expect, it } from "vitest";
import { EN, ZH, t } from "../src/chat/texts_answers.ts";
import * as files from "../src/chat/attachments/texts.ts";
import * as signIn from "../src/chat/texts_sign_in.ts";
import { choose } from "../src/shared/i18n.ts";

const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();

const TABLES: [string, Record<string, string>, Record<string, string>][] = [
  ["of the conversation", EN, ZH],
  ["of files", files.EN, files.ZH],
  ["of signing in", signIn.EN, signIn.ZH],
];

describe("texts", () => {
  it.each(TABLES)("%s are there in both languages, with the same places", (_, english, chinese) => {
    expect(Object.keys(chinese).sort()).toEqual(Object.keys(english).sort());
    for (const [key, text] of Object.entries(english)) {
      const other = chinese[key] ?? "";
      expect(other, key).not.toBe("");
      expect(places(other), key).toEqual(places(text));
    }
  });

  it.each(TABLES)("%s are Chinese where Chinese is asked for", (_, _english, chinese) => {
    const kept = new Set(["language"]); // it names the other language, in its own words
    for (const [key, text] of Object.entries(chinese)) if (!kept.has(key)) expect(text, key).toMatch(/\p{Script=Han}/u);
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
