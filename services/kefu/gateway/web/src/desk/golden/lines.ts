/** A golden question as the form's fields hold it: lists as lines, ways to say the same between bars. */

import { create } from "@bufbuild/protobuf";

import {
  type GoldenQuestion,
  GoldenQuestion_AlternativesSchema,
  GoldenQuestion_Person,
  GoldenQuestion_Polarity,
  GoldenQuestionSchema,
} from "../../gen/kefu/router/v1/golden_pb.ts";

export interface Fields {
  readonly text: string;
  readonly before: string;
  readonly must: string;
  readonly mustNot: string;
  readonly polarity: GoldenQuestion_Polarity;
  readonly person: GoldenQuestion_Person;
  readonly note: string;
  /** "collections/C", or empty for all. */
  readonly collection: string;
}

export function fieldsOf(question: GoldenQuestion): Fields {
  return {
    text: question.text,
    before: question.before.join("\n"),
    must: question.must.map((group) => group.texts.join(" | ")).join("\n"),
    mustNot: question.mustNot.join("\n"),
    polarity: question.polarity,
    person: question.person === GoldenQuestion_Person.UNSPECIFIED ? GoldenQuestion_Person.NO : question.person,
    note: question.note,
    collection: question.collections[0] ?? "",
  };
}

/** The question that the fields say; what no field shows stays as it was. */
export function questionOf(fields: Fields, from: GoldenQuestion): GoldenQuestion {
  const groups = lines(fields.must).map((line) => line.split("|").map((each) => each.trim()).filter((each) => each !== ""));
  const others = from.collections.slice(1);
  return create(GoldenQuestionSchema, {
    name: from.name,
    text: fields.text.trim(),
    language: fields.text.trim() === from.text ? from.language : "",
    kind: from.kind,
    before: lines(fields.before),
    must: groups.filter((texts) => texts.length > 0).map((texts) => create(GoldenQuestion_AlternativesSchema, { texts })),
    mustNot: lines(fields.mustNot),
    polarity: fields.polarity,
    person: fields.person,
    note: fields.note.trim(),
    documents: from.documents,
    turn: from.turn,
    collections: fields.collection === "" ? [] : [fields.collection, ...others.filter((each) => each !== fields.collection)],
  });
}

/** Without any of these every answer is right. */
export function saysWhatIsRight(question: GoldenQuestion): boolean {
  const asks = question.must.length > 0 || question.mustNot.length > 0 || question.polarity !== GoldenQuestion_Polarity.UNSPECIFIED;
  return asks || question.person === GoldenQuestion_Person.REQUIRED;
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
