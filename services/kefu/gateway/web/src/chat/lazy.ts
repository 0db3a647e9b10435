/**
 * The half of the page that shows answers is loaded when the visitor begins to write, or there is a conversation already:
 * who only opens the chat and looks loads no Markdown.
 */
import { signal } from "@preact/signals";

export const answers = signal<typeof import("./answers.ts") | null>(null);
let asked: Promise<void> | null = null;

export function loadAnswers(): void {
  asked ??= import("./answers.ts").then(
    (loaded) => {
      answers.value = loaded;
    },
    () => {
      asked = null; // the next message asks again; until then texts are shown as they came
    },
  );
}
