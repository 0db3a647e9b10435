/** From a group of unanswered questions to a curated answer. */

import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";

import { curatedFrom, languagesOf, reasonsOf, repliesOf } from "../../src/desk/unanswered/prefill.ts";
import { Handoff_Reason } from "../../src/gen/kefu/router/v1/chat_pb.ts";
import { UnansweredGroupSchema, UnansweredQuestionSchema } from "../../src/gen/kefu/router/v1/insight_pb.ts";

const question = (text: string, more: object = {}) => create(UnansweredQuestionSchema, { text, language: "en", reason: Handoff_Reason.NOTHING_RELEVANT, ...more });
const central = question("Is there a repair shop?");
const group = create(UnansweredGroupSchema, {
  central,
  questions: [
    question("Where is it repaired?", { reply: "" }),
    central,
    question("is there a repair shop? "),
    question("汉堡有维修点吗？", { language: "zh" }),
    question("Repairs?", { reply: "In Hamburg.", ratedDown: true }),
    question("Repair", { reply: "At Kessel's." }),
  ],
  count: 6,
});

describe("a curated answer", () => {
  test("has the central question first, each question once, in one language", () => {
    expect(curatedFrom(group).questions).toEqual(["is there a repair shop?", "Where is it repaired?", "Repairs?", "Repair"]);
    expect(curatedFrom(group).language).toBe("en");
  });

  test("begins with what a person replied last, or with the reply that was chosen, or empty", () => {
    expect(curatedFrom(group).answer).toBe("In Hamburg.");
    expect(curatedFrom(group, "At Kessel's.").answer).toBe("At Kessel's.");
    expect(curatedFrom(create(UnansweredGroupSchema, { central, questions: [central] })).answer).toBe("");
  });

  test("takes at most 20 questions, and none that is too long for one", () => {
    const many = Array.from({ length: 30 }, (_, index) => question(`Question ${index}`));
    const questions = [central, question("x".repeat(501)), ...many];
    const answer = curatedFrom(create(UnansweredGroupSchema, { central, questions }));
    expect(answer.questions.length).toBe(20);
    expect(answer.questions).not.toContain("x".repeat(501));
  });
});

test("replies are listed each once; languages and reasons are counted, most first", () => {
  expect(repliesOf(group)).toEqual(["In Hamburg.", "At Kessel's."]);
  expect(languagesOf(group)).toEqual([
    ["en", 5],
    ["zh", 1],
  ]);
  expect(reasonsOf(group)).toEqual([
    [Handoff_Reason.NOTHING_RELEVANT, 5],
    ["rated_down", 1],
  ]);
});
