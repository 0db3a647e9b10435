/** What is noticed of an answer, as badges. */

import type { ReviewedTurn } from "../../gen/kefu/router/v1/review_pb.ts";
import { sourceText } from "../inbox/words.ts";
import { Badge } from "../shared/ui.tsx";
import { marksOf } from "./verdicts.ts";

export function Marks({ reviewed }: { reviewed: ReviewedTurn }) {
  const source = reviewed.turn?.completed?.source;
  return (
    <p class="item-tags">
      {source ? <Badge>{sourceText(source)}</Badge> : null}
      {marksOf(reviewed).map((mark) => (
        <Badge key={mark.text} kind={mark.kind}>
          {mark.text}
        </Badge>
      ))}
    </p>
  );
}
