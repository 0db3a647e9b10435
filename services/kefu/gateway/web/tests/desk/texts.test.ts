/** Both languages have all texts, with the same places in them. */

import { expect, test } from "vitest";

import { choose, listed } from "../../src/shared/i18n.ts";
import { failureText } from "../../src/desk/shared/failure_text.ts";
import { reasonText, sourceText } from "../../src/desk/inbox/words.ts";
import { t, wordText } from "../../src/desk/texts.ts";
import { en } from "../../src/desk/texts_en.ts";
import { zh } from "../../src/desk/texts_zh.ts";
import { AnswerSource, Handoff_Reason } from "../../src/gen/kefu/router/v1/chat_pb.ts";

const keys = Object.keys(en) as (keyof typeof en)[];
const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();

test("no text is empty, and Chinese ones are not left in English", () => {
  const same = keys.filter((key) => zh[key] === en[key]);
  expect(keys.filter((key) => en[key].trim() === "" || zh[key].trim() === "")).toEqual([]);
  expect(same).toEqual(["kefu"]);
});

test("no text stands in two tables, where one would hide the other", () => {
  const tables = Object.values(import.meta.glob<Record<string, Record<string, string>>>("../../src/desk/**/*texts_en.ts", { eager: true }));
  const own = tables.flatMap((module) => Object.entries(module).filter(([name]) => name !== "en").flatMap(([, table]) => Object.keys(table)));
  expect(own.length).toBeGreaterThan(100);
  expect(own.filter((key, at) => own.indexOf(key) !== at)).toEqual([]);
});

test.each(keys.filter((key) => !key.endsWith("_one")))("%s has the same places in both languages", (key) => {
  expect(places(zh[key])).toEqual(places(en[key]));
});

test.each(["en", "zh"] as const)("every reason and source has a text of its own in %s", (language) => {
  choose(language);
  const values = (of: object) => Object.values(of).filter((value): value is number => typeof value === "number");
  const reasons = values(Handoff_Reason).map((reason) => reasonText(reason));
  const sources = values(AnswerSource).map((source) => sourceText(source));
  expect(new Set(reasons).size).toBe(reasons.length);
  expect(new Set(sources).size).toBe(sources.length);
});

test("words of the contract and lists are in the language of the page; a word of a newer server stays", () => {
  choose("zh");
  expect([wordText("decision", "give_evidence"), wordText("reason", "customer_asked"), listed(["甲", "乙"])]).toEqual(["引用文档原文", zh.reasonCustomerAsked, "甲、乙"]);
  choose("en");
  expect([wordText("decision", "give_evidence"), wordText("decision", "sing_along"), listed(["a", "b"])]).toEqual(["The pages' own words", "sing along", "a, b"]);
});

test("a failure names who took the conversation, and one without a text of ours keeps the server's", () => {
  choose("en");
  expect(failureText({ reason: "ALREADY_CLAIMED", message: "", metadata: { agent: "Chen Jie" } })).toBe(t("failAlreadyClaimed", { agent: "Chen Jie" }));
  expect(failureText({ reason: "SOMETHING_NEW", message: "What happened." })).toBe("What happened.");
});

/** Texts in which a number stands before several of something, and whose number is never one. */
const ALWAYS_MANY = ["characters", "neverCitedCut", "neverCitedMore", "showMore", "closingSelected", "days"];

test("whatever is counted in English has a text for one", () => {
  const counted = keys.filter((key) => !key.endsWith("_one") && /\{(?!agent|opening)\w+\} (?:\w+ )?[a-z]+s\b/.test(en[key]) && !ALWAYS_MANY.includes(key));
  expect(counted.filter((key) => !(`${key}_one` in en) || !en[key].includes("{count}"))).toEqual([]);
});

test("one passage is one passage", () => {
  choose("en");
  expect(t("outcomeCreated", { count: 1 })).toBe("Imported: 1 passage");
  expect(t("groupCount", { questions: t("questionCount", { count: "2" }), groups: t("groups", { count: 1 }) })).toBe("2 questions in 1 group");
});
