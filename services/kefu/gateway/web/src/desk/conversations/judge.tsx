/** A verdict on an answer: two clicks, with a note where there is something to say. */

import { useState } from "preact/hooks";

import { type Judgement, Verdict } from "../../gen/kefu/router/v1/review_pb.ts";
import { useAction } from "../shared/loading.ts";
import { useDesk } from "../shared/session.ts";
import { FailureNotice, Labelled } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { VERDICTS, verdictText } from "./verdicts.ts";

export interface JudgeProps {
  readonly turn: string;
  readonly judgement: Judgement | undefined;
  readonly onJudged: (judgement: Judgement | undefined) => void;
}

export function Judge({ turn, judgement, onJudged }: JudgeProps) {
  const { services, agent } = useDesk();
  const [note, setNote] = useState(judgement?.note ?? "");
  const acting = useAction();
  const give = (verdict: Verdict) => {
    acting.run(async () => {
      onJudged((await services.review.judgeAnswer({ turn, verdict, note, reviewer: agent })).judgement);
    });
  };
  return (
    <div class="judge" role="group" aria-label={t("review")}>
      <div class="row">
        {VERDICTS.map((verdict, at) => (
          <button key={verdict} type="button" class="button small" data-verdict={at + 1} aria-pressed={judgement?.verdict === verdict} aria-disabled={acting.busy} onClick={() => give(verdict)}>
            {verdictText(verdict)}
          </button>
        ))}
        {judgement ? (
          <button type="button" class="button small quiet" aria-disabled={acting.busy} onClick={() => give(Verdict.UNSPECIFIED)}>
            {t("takeVerdictBack")}
          </button>
        ) : null}
      </div>
      <details class="examples">
        <summary>{t("reviewNote")}</summary>
        <Labelled label={t("reviewNote")} hint={t("reviewNoteHint")}>
          {(id, hint) => <input id={id} class="field" dir="auto" maxLength={1000} value={note} aria-describedby={hint} onInput={(event) => setNote(event.currentTarget.value)} />}
        </Labelled>
      </details>
      <FailureNotice failure={acting.failure} />
    </div>
  );
}
