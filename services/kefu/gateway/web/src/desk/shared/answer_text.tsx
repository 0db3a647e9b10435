/** What was answered, as its customer reads it: Markdown as elements. */

import { markdown } from "../../shared/markdown.tsx";

export function AnswerText({ text, class: more = "" }: { text: string; class?: string }) {
  return (
    <div class={`markdown pre ${more}`.trimEnd()} dir="auto">
      {markdown(text)}
    </div>
  );
}
