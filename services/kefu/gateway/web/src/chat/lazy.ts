/**
 * The half of the page that shows answers is loaded when the visitor begins to write, or there is a conversation already:
 * who only opens the chat and looks loads no Markdown. This module names none of that half, which imports it: page.tsx
 * says how it is loaded.
 */
import { type ReadonlySignal, signal } from "@preact/signals";

/** What the modules that the half itself imports ask of it. */
interface Answers {
  plainText(source: string): string;
}

export const answers = signal<Answers | null>(null);
let load: (() => Promise<Answers>) | undefined;
let asked: Promise<void> | undefined;

/** Say how the half is loaded, once; the outcome holds all of it, or null until it is there. */
export function setLoader<Half extends Answers>(loader: () => Promise<Half>): ReadonlySignal<Half | null> {
  load = loader;
  return answers as ReadonlySignal<Half | null>; // nothing but this loader's outcome is ever put there
}

export function loadAnswers(): void {
  asked ??= load?.().then(
    (loaded) => {
      answers.value = loaded;
    },
    () => {
      asked = undefined; // the next message asks again; until then texts are shown as they came
    },
  );
}
