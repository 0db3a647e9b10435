/** Where an answer's citations stand in its text: the Markdown source, with a mark "⁅n⁆" at the place of each. */
import { AnswerSource, type Citation, type TurnCompleted } from "../gen/kefu/router/v1/chat_pb.js";
import { indexAt } from "@kefu/client";

export const MARK = /⁅(\d+)⁆/g;

/** The model's own markers, which the router leaves only where they point to a passage. */
const WRITTEN = /[ \t]?\[(\d{1,3})\]/g;
const RULED = /^\s*(?:```|~~~|(?:[-*_]\s*){3,}$|[=-]+\s*$|\|?[\s:|-]*-[\s:|-]*\|?$)/;

export interface Footnoted {
  /** Markdown with marks. */
  source: string;
  /** Numbers whose place admits no mark (inside code, on a table's ruler): they belong after the answer. */
  loose: number[];
}

/**
 * While the answer runs (`completed` is null), markers are taken as they were written. Once it is complete the citations
 * count: they name the passage that bears a sentence out, which need not be the one that the model named.
 */
export function withFootnotes(text: string, numbers: ReadonlySet<number>, completed: TurnCompleted | null): Footnoted {
  const plain = text.replace(/⁅/g, "[").replace(/⁆/g, "]");
  const verbatim = completed?.source === AnswerSource.CURATED || completed?.source === AnswerSource.PERSON;
  const written = verbatim ? [] : writtenMarks(plain, numbers);
  if (!completed?.citations.length) {
    return { source: edit(plain, written.map(({ from, to, number }) => ({ from, to, by: `⁅${number}⁆` }))), loose: [] };
  }
  const edits: Edit[] = written.map(({ from, to }) => ({ from, to, by: "" }));
  const loose: number[] = [];
  for (const [bytes, cited] of byEnd(completed.citations)) {
    const place = placeFor(plain, indexAt(plain, bytes));
    if (place === null) loose.push(...cited);
    else edits.push({ from: place, to: place, by: cited.map((number) => `⁅${number}⁆`).join("") });
  }
  return { source: edit(plain, edits), loose: [...new Set(loose)] };
}

/** The citation of passage `number` that a reader meets at or after the `nth` mark of it; null when there is none. */
export function citationsOf(completed: TurnCompleted | null, number: number): Citation[] {
  return completed?.citations.filter((citation) => citation.number === number) ?? [];
}

/** What of a passage bears out the sentences that cite it, each piece once. */
export function evidenceFor(completed: TurnCompleted | null, number: number): string[] {
  const cited = citationsOf(completed, number);
  const found = (completed?.supports ?? [])
    .filter((support) => support.number === number && support.evidence)
    .filter((support) => cited.some((one) => one.start < support.end && support.start < one.end));
  return [...new Set(found.map((support) => support.evidence))];
}

interface Edit {
  from: number;
  to: number;
  by: string;
}

function writtenMarks(text: string, numbers: ReadonlySet<number>) {
  return [...text.matchAll(WRITTEN)]
    .map((found) => ({ from: found.index, to: found.index + found[0].length, number: Number(found[1]) }))
    .filter(({ number }) => numbers.has(number));
}

function byEnd(citations: Citation[]): Map<number, number[]> {
  const ends = new Map<number, number[]>();
  for (const { end, number } of citations) {
    const there = ends.get(Number(end)) ?? [];
    if (!there.includes(number)) ends.set(Number(end), [...there, number]);
  }
  return ends;
}

/** The place at or near `index` where a mark breaks no Markdown; null where there is none. */
function placeFor(text: string, index: number): number | null {
  let place = index;
  while (place > 0 && /\s/.test(text[place - 1] ?? "")) place--;
  const lineStart = text.lastIndexOf("\n", place - 1) + 1;
  const lineEnd = text.indexOf("\n", place);
  const line = text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd);
  if (place === 0 || RULED.test(line) || inFence(text.slice(0, lineStart))) return null;
  if (text[place - 1] === "]" && text[place] === "(") {
    const end = text.indexOf(")", place);
    if (end >= 0) return end + 1;
  }
  if (/^\s*\|/.test(line) && text[place - 1] === "|") place--; // into the last cell
  return place;
}

function inFence(before: string): boolean {
  return (before.match(/^\s{0,3}(?:```|~~~)/gm)?.length ?? 0) % 2 === 1;
}

/** Applies edits that may lie side by side but not across each other; an insertion goes before a removal that begins there. */
function edit(text: string, edits: Edit[]): string {
  const sorted = [...edits].sort((a, b) => a.from - b.from || a.to - b.to);
  let result = "";
  let at = 0;
  for (const { from, to, by } of sorted) {
    result += text.slice(at, Math.max(at, from)) + by;
    at = Math.max(at, to);
  }
  return result + text.slice(at);
}
