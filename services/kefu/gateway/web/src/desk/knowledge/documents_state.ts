/** Which documents there are, which are found by a word, and which want attention. */

import type { Document, Passage } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";

export type Validity = "valid" | "ending" | "ended" | "coming";

/** "Ending" begins so many days before the last one. */
export const SOON_DAYS = 30;

/** How a document's dates stand to a day, "2026-11-25"; such dates compare as texts. */
export function validityOn(document: Pick<Document, "validFrom" | "validUntil">, day: string): Validity {
  if (document.validUntil !== "" && document.validUntil < day) return "ended";
  if (document.validFrom !== "" && document.validFrom > day) return "coming";
  if (document.validUntil !== "" && document.validUntil <= daysAfter(day, SOON_DAYS)) return "ending";
  return "valid";
}

/** Those that are no longer valid or soon will not be, the earliest first. */
export function stale(documents: readonly Document[], day: string): readonly Document[] {
  return documents
    .filter((document) => ["ended", "ending"].includes(validityOn(document, day)))
    .sort((a, b) => a.validUntil.localeCompare(b.validUntil));
}

/** Those that no answer cites: ListDocumentUse leaves them out. The oldest first. */
export function neverCited(documents: readonly Document[], cited: ReadonlySet<string>): readonly Document[] {
  return documents
    .filter((document) => !cited.has(document.name))
    .sort((a, b) => Number((a.updateTime?.seconds ?? 0n) - (b.updateTime?.seconds ?? 0n)));
}

/** Those whose title, path or metadata hold every word, in any case. */
export function matching(documents: readonly Document[], words: string): readonly Document[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return documents;
  return documents.filter((document) => {
    const text = [document.title, document.path, ...Object.entries(document.metadata).flat()].join("\n").toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** Text and Markdown can be written here; of other formats the file has to be imported again. */
export function isEditable(path: string): boolean {
  return /\.(md|markdown|txt)$/i.test(path);
}

/**
 * A document put together from its passages: title, headings, texts. Kefu keeps no files, so what the import left out (a
 * Markdown document's front matter, its emphasis) is not in it.
 */
export function textOf(title: string, passages: readonly Passage[], markdown: boolean): string {
  const parts: string[] = markdown && title !== "" ? [`# ${title}`] : [];
  let above: readonly string[] = [];
  for (const passage of passages) {
    const shared = passage.headings.findIndex((heading, level) => above[level] !== heading);
    if (markdown && shared >= 0) {
      passage.headings.slice(shared).forEach((heading, index) => parts.push(`${"#".repeat(Math.min(shared + index + 2, 6))} ${heading}`));
    }
    above = passage.headings;
    parts.push(passage.text.trim());
  }
  return `${parts.join("\n\n")}\n`;
}

function daysAfter(day: string, days: number): string {
  const time = new Date(`${day}T00:00:00Z`);
  time.setUTCDate(time.getUTCDate() + days);
  return time.toISOString().slice(0, 10);
}

/** Today where the browser is, "2026-11-25". */
export function today(now = new Date()): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
