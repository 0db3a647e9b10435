/** Finds words in a passage, whatever the white space between them. */

export interface Piece {
  text: string;
  marked: boolean;
}

/** The passage in pieces, and what of the evidence does not stand in it word for word. */
export function highlighted(passage: string, evidence: string[]): { pieces: Piece[]; missing: string[] } {
  const ranges: [number, number][] = [];
  const missing: string[] = [];
  for (const words of evidence) {
    const range = find(passage, words);
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

function find(passage: string, words: string): [number, number] | null {
  const parts = words.trim().split(/\s+/).filter(Boolean);
  if (parts.length === 0) return null;
  const pattern = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("\\s*");
  const found = new RegExp(pattern).exec(passage);
  return found ? [found.index, found.index + found[0].length] : null;
}
