/** Golden questions: the form's fields, and the address of one that is made from an answer. */

import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";

import { newGoldenHref, runOfMessage, turnOfAddress } from "../../src/desk/golden/address.ts";
import { fieldsOf, questionOf, saysWhatIsRight } from "../../src/desk/golden/lines.ts";
import { parseRoute } from "../../src/desk/shared/route.ts";
import { GoldenQuestion_Person, GoldenQuestion_Polarity, GoldenQuestionSchema } from "../../src/gen/kefu/router/v1/golden_pb.ts";

const STORED = create(GoldenQuestionSchema, {
  name: "goldenQuestions/label",
  text: "How long is the label valid?",
  language: "en",
  kind: "two_questions",
  before: ["I want to send it back"],
  must: [{ texts: ["7 days", "seven days"] }, { texts: ["¥12"] }],
  mustNot: ["15 days"],
  polarity: GoldenQuestion_Polarity.NO,
  person: GoldenQuestion_Person.ALLOWED,
  note: "Seven days.",
  documents: ["returns"],
  collections: ["collections/help", "collections/shop"],
});

test("what the form shows and is not changed stays as it was", () => {
  expect(questionOf(fieldsOf(STORED), STORED)).toEqual(STORED);
});

test("lines are trimmed, empty ones left out, and a new text's language is read anew", () => {
  const changed = questionOf({ ...fieldsOf(STORED), text: " 运单多久有效？ ", must: "\n 7 天 | 七天 \n| \n", mustNot: "" }, STORED);
  expect([changed.text, changed.language, changed.mustNot]).toEqual(["运单多久有效？", "", []]);
  expect(changed.must.map((group) => group.texts)).toEqual([["7 天", "七天"]]);
});

test("a question that any answer would satisfy is noticed", () => {
  const any = create(GoldenQuestionSchema, { text: "Hello?" });
  expect(saysWhatIsRight(any)).toBe(false);
  expect(saysWhatIsRight(create(GoldenQuestionSchema, { text: "A person!", person: GoldenQuestion_Person.REQUIRED }))).toBe(true);
  expect(saysWhatIsRight(STORED)).toBe(true);
});

test("the address of a new question names its turn, also with its slashes escaped", () => {
  const turn = "sessions/s1/turns/t1";
  expect(turnOfAddress(parseRoute(newGoldenHref(turn)).rest)).toBe(turn);
  expect(turnOfAddress(parseRoute(`#/golden/new?turn=${encodeURIComponent(turn)}`).rest)).toBe(turn);
  expect(turnOfAddress(parseRoute("#/golden/questions/label").rest)).toBe(null);
});

test("the run behind a draft's check is found in its message", () => {
  expect(runOfMessage("goldenRuns/01a2-b: 54 of 60 right, 3 lost.")).toBe("01a2-b");
  expect(runOfMessage("There are no golden questions that this draft could change.")).toBe(null);
});
