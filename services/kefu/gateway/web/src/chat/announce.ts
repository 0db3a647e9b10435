/**
 * What a screen reader is told: whole sentences once they are written, never single words. Each becomes a line of a polite
 * live region.
 */
import { signal } from "@preact/signals";
import { answers } from "./lazy.ts";

const KEPT = 30;
const SHORTEST = 24;
const BOUNDARY = /[.!?…](?=\s)|[。！？]["”』」）]?|\n/g;

interface Line {
  id: number;
  text: string;
}

export const announced = signal<Line[]>([]);
let count = 0;

export function announce(text: string): void {
  if (text.trim()) announced.value = [...announced.value, { id: count++, text: text.trim() }].slice(-KEPT);
}

/** Forget what was said. */
export function hush(): void {
  announced.value = [];
}

/** Follows one answer as it grows. */
export class Sentences {
  private told = 0;

  constructor(private readonly say: (text: string) => void = announce) {}

  grown(source: string): void {
    if (source.length < this.told) this.told = source.length; // replaced from further up: what was told stays told
    let end = this.told;
    for (const found of source.slice(this.told).matchAll(BOUNDARY)) end = this.told + found.index + found[0].length;
    if (end - this.told >= SHORTEST) this.tell(source, end);
  }

  finished(source: string): void {
    this.tell(source, source.length);
  }

  private tell(source: string, end: number): void {
    const piece = source.slice(this.told, end).replace(/[ \t]?\[\d{1,3}\]/g, "");
    const text = answers.value ? answers.value.plainText(piece) : piece.trim();
    this.told = end;
    if (text) this.say(text);
  }
}
