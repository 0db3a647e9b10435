/** Lines of a text, and what differs between two. */

import { expect, test } from "vitest";

import { changedLines, differenceOf } from "../../src/desk/procedures/difference.ts";
import { nestedFlow } from "../../src/desk/procedures/flow.tsx";
import { lineAt, rangeOfLine } from "../../src/desk/procedures/lines.ts";
import { type ProcedureStep, ProcedureStep_Kind } from "../../src/gen/kefu/router/v1/procedure_pb.ts";

const numbered = (count: number, from = 1) => Array.from({ length: count }, (_, index) => `line ${from + index}`);
const page = (...lines: string[]) => `${lines.join("\n")}\n`;

test("a changed line is one that goes and one that comes, with three lines around it", () => {
  const rows = differenceOf(page(...numbered(20)), page(...numbered(9), "other", ...numbered(10, 11)));
  expect(rows.map((row) => (row.kind === "folded" ? row.count : `${row.kind} ${row.text}`))).toEqual([
    6,
    "same line 7",
    "same line 8",
    "same line 9",
    "removed line 10",
    "added other",
    "same line 11",
    "same line 12",
    "same line 13",
    7,
  ]);
  expect(changedLines(rows)).toEqual({ added: 1, removed: 1 });
  expect(rows[5]).toEqual({ kind: "added", text: "other", new: 10 });
});

test("how lines end, and whether the last one does, is no difference", () => {
  expect(changedLines(differenceOf("a\r\nb", "a\nb\n"))).toEqual({ added: 0, removed: 0 });
});

test("lines that have nothing in common end within seconds", () => {
  const before = Date.now();
  const rows = differenceOf(page(...numbered(6_000)), page(...numbered(6_000, 10_000)));
  expect(changedLines(rows)).toEqual({ added: 6_000, removed: 6_000 });
  expect(Date.now() - before).toBeLessThan(5_000);
});

test.each([
  [1, [0, 3]],
  [2, [4, 4]],
  [3, [5, 8]],
  [9, [8, 8]],
])("line %i stands at %j", (line, range) => {
  expect(rangeOfLine("one\n\nend", line)).toEqual(range);
});

test("an index has a line", () => {
  expect([0, 3, 4, 5, 8].map((index) => lineAt("one\n\nend", index))).toEqual([1, 1, 2, 3, 3]);
});

test("steps are nested by their depth, and what stands beside a deeper one comes back up", () => {
  const step = (depth: number, text: string) => ({ depth, text, line: 1, kind: ProcedureStep_Kind.SAY }) as ProcedureStep;
  const flow = nestedFlow([step(0, "a"), step(1, "b"), step(2, "c"), step(1, "d"), step(0, "e")]);
  const shape = (steps: ReturnType<typeof nestedFlow>): unknown => steps.map(({ step, below }) => (below.length === 0 ? step.text : [step.text, shape(below)]));
  expect(shape(flow)).toEqual([["a", [["b", ["c"]], "d"]], "e"]);
});
