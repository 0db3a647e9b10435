/** What differs between two pages, line by line. */

import { diffArrays } from "diff";

export type Row =
  | { readonly kind: "same"; readonly text: string; readonly old: number; readonly new: number }
  | { readonly kind: "removed"; readonly text: string; readonly old: number }
  | { readonly kind: "added"; readonly text: string; readonly new: number }
  /** So many lines that are the same, and far from every change. */
  | { readonly kind: "folded"; readonly count: number };

/** Lines shown around a change. */
const CONTEXT = 3;
/** Two pages without a common line take a time that grows with the square of their lines. */
const MOST_MILLISECONDS = 1_000;

export function differenceOf(before: string, after: string): readonly Row[] {
  return folded(rowsOf(before, after));
}

/** How many lines are new, and how many are gone. */
export function changedLines(rows: readonly Row[]): { readonly added: number; readonly removed: number } {
  const count = (kind: Row["kind"]) => rows.filter((row) => row.kind === kind).length;
  return { added: count("added"), removed: count("removed") };
}

function rowsOf(before: string, after: string): Row[] {
  const [old, now] = [linesOf(before), linesOf(after)];
  const changes = diffArrays(old, now, { timeout: MOST_MILLISECONDS }) ?? [
    { value: old, removed: true, added: false },
    { value: now, removed: false, added: true },
  ];
  const rows: Row[] = [];
  let [oldLine, newLine] = [0, 0];
  for (const { value, added, removed } of changes) {
    for (const text of value) {
      if (!added) oldLine += 1;
      if (!removed) newLine += 1;
      if (added) rows.push({ kind: "added", text, new: newLine });
      else if (removed) rows.push({ kind: "removed", text, old: oldLine });
      else rows.push({ kind: "same", text, old: oldLine, new: newLine });
    }
  }
  return rows;
}

/** A line break at the end ends the last line, and begins none. */
function linesOf(page: string): string[] {
  const lines = page.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function folded(rows: readonly Row[]): Row[] {
  const near = new Set<number>();
  rows.forEach((row, index) => {
    if (row.kind === "same") return;
    for (let at = index - CONTEXT; at <= index + CONTEXT; at += 1) near.add(at);
  });
  const shown: Row[] = [];
  rows.forEach((row, index) => {
    const last = shown.at(-1);
    if (near.has(index)) shown.push(row);
    else if (last?.kind === "folded") shown[shown.length - 1] = { kind: "folded", count: last.count + 1 };
    else shown.push({ kind: "folded", count: 1 });
  });
  return shown;
}
