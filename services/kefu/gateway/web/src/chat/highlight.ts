/** Finds words in a passage, whatever the white space between them. */

import type { Piece } from "../shared/passage.tsx";

/** The passage in pieces, and what of the evidence does not stand in it word for word. */
export function highlighted(passage: string, evidence: string[]): { pieces: Piece[]; missing: string[] } {
  const ranges: [number, number][] = [];
  const missing: string[] = [];
  for (const words of evidence) {
    const range = find(passage, words) ?? find(passage, rowOf(words));
    if (range) ranges.push(range);
    else missing.push(words);
  }
  ranges.sort((a, b) => a[0] - b[0]);
  const pieces: Piece[] = [];
  let at = 0;
  for (const [from, to] of ranges) {
    if (to <= at) continue;
    const start = Math.max(from, at);
    if (start > at) pieces.push({ text: passage.slice(at, start), marked: false });
    pieces.push({ text: passage.slice(start, to), marked: true });
    at = to;
  }
  if (at < passage.length) pieces.push({ text: passage.slice(at), marked: false });
  return { pieces, missing };
}

/** A row of a table comes with the table's head above it, which is not where the row stands. */
function rowOf(words: string): string {
  const lines = words.trim().split("\n");
  return lines.length > 1 && lines.every((line) => line.includes("|")) ? (lines.at(-1) ?? "") : "";
}

function find(passage: string, words: string): [number, number] | null {
  const parts = words.trim().split(/\s+/).filter(Boolean);
  if (parts.length === 0) return null;
  const pattern = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("\\s*");
  const found = new RegExp(pattern).exec(passage);
  return found ? [found.index, found.index + found[0].length] : null;
}
