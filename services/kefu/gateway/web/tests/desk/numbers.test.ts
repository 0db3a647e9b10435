/** Numbers by day and by hour, shares, axes, and CSV. */

import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";

import { numbersCsv } from "../../src/desk/numbers/export.ts";
import { niceMost } from "../../src/desk/numbers/scale.ts";
import { byDay, byHourOfDay, daysOf, shares, spanStart, withOutcome } from "../../src/desk/numbers/series.ts";
import { csvOf } from "../../src/desk/shared/csv.ts";
import { NumbersSchema } from "../../src/gen/kefu/router/v1/insight_pb.ts";

const hour = (time: Date, questions: number, more: object = {}) =>
  create(NumbersSchema, { startTime: timestampFromDate(time), questions: BigInt(questions), ...more });

describe("by day", () => {
  const from = new Date(2026, 10, 23);
  const to = new Date(2026, 10, 26, 12);

  test("hours of a day are added up, and a day without anything is there as well", () => {
    const days = byDay([hour(new Date(2026, 10, 23, 9), 4), hour(new Date(2026, 10, 23, 23), 3), hour(new Date(2026, 10, 25, 0), 5)], from, to);
    expect(days.map((day) => [day.key, day.questions])).toEqual([
      ["2026-11-23", 7],
      ["2026-11-24", 0],
      ["2026-11-25", 5],
      ["2026-11-26", 0],
    ]);
  });

  test("hand-overs of all reasons count", () => {
    const [day] = byDay([hour(from, 9, { handoffs: { REASON_ABUSE: 1n, REASON_CUSTOMER_ASKED: 3n } })], from, to);
    expect(day?.handedOver).toBe(4);
  });

  test("small talk and questions back have no outcome", () => {
    const asked = { questions: 20n, confirmed: 2n, assumed: 6n, reopened: 1n, handoffs: { REASON_ABUSE: 3n } };
    const [day] = byDay([hour(from, 20, asked)], from, to);
    expect([day?.questions, day && withOutcome(day)]).toEqual([20, 12]);
  });

  test("each day is asked for from its midnight to the next, the last one to now", () => {
    const days = daysOf(from, to);
    expect(days.length).toBe(4);
    expect(days[0]?.end).toEqual(new Date(2026, 10, 24));
    expect(days[3]?.end).toEqual(to);
  });

  test("a span of one day begins this midnight", () => {
    expect(spanStart(1, to)).toEqual(new Date(2026, 10, 26));
    expect(spanStart(7, to)).toEqual(new Date(2026, 10, 20));
  });
});

test("by hour of the day there are 24, and the same hour of two days is one", () => {
  const hours = byHourOfDay([hour(new Date(2026, 10, 23, 9), 4), hour(new Date(2026, 10, 24, 9), 6)]);
  expect(hours.length).toBe(24);
  expect(hours[9]).toMatchObject({ key: "09", questions: 10 });
});

test("shares are of their sum, greatest first, without those that are nothing", () => {
  expect(shares({ en: 1n, zh: 3n, fr: 0n })).toEqual([
    { key: "zh", count: 3, share: 0.75 },
    { key: "en", count: 1, share: 0.25 },
  ]);
  expect(shares({})).toEqual([]);
});

test.each([
  [0, 2],
  [3, 4],
  [7, 8],
  [9, 10],
  [11, 20],
  [130, 200],
  [4_001, 5_000],
])("an axis for %i ends at %i", (greatest, most) => {
  expect(niceMost(greatest)).toBe(most);
});

describe("CSV", () => {
  test("quotes, commas and line ends are kept, and lines end as RFC 4180 has it", () => {
    expect(csvOf([["\n=1"]])).toBe('\uFEFF"\'\n=1"\r\n');
    expect(csvOf([["a,b", 'say "hi"', "two\nlines", 3n]])).toBe('\uFEFF"a,b","say ""hi""","two\nlines",3\r\n');
  });

  test.each(["=1+1", "+49", "-2", "@SUM(A1)", "＝1+1", "＋49", "－2", "＠SUM(A1)"])("a text that a spreadsheet would run (%s) is made inert", (text) => {
    expect(csvOf([[text]])).toBe(`\uFEFF'${text}\r\n`);
  });

  test("has a row an hour and a column for each reason that occurs in any of them", () => {
    const csv = numbersCsv([
      hour(new Date(Date.UTC(2026, 10, 25, 9)), 4, { handoffs: { REASON_ABUSE: 1n } }),
      hour(new Date(Date.UTC(2026, 10, 25, 10)), 6, { languages: { zh: 6n } }),
    ]);
    const [header = "", first = "", second = ""] = csv.replace("\uFEFF", "").split("\r\n");
    const columns = header.split(",");
    const cell = (row: string, column: string) => row.split(",")[columns.indexOf(column)];
    expect(cell(first, "hour_utc")).toBe("2026-11-25T09:00:00.000Z");
    expect(cell(first, "handoffs.REASON_ABUSE")).toBe("1");
    expect(cell(second, "handoffs.REASON_ABUSE")).toBe("0");
    expect(cell(second, "languages.zh")).toBe("6");
  });
});
