/** Which questions of late a curated answer with these wordings would have answered. */

import { useState } from "preact/hooks";

import type { ListMatchingQuestionsResponse } from "../../gen/kefu/router/v1/review_pb.ts";
import { clock, number } from "../shared/format.ts";
import { useAction } from "../shared/loading.ts";
import { sessionId } from "../shared/names.ts";
import { hrefOf } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { FailureNotice } from "../shared/ui.tsx";
import { t } from "../texts.ts";

export function Hits({ wordings, language }: { wordings: readonly string[]; language: string }) {
  const { services } = useDesk();
  const [found, setFound] = useState<ListMatchingQuestionsResponse | null>(null);
  const acting = useAction();
  const asked = wordings.map((one) => one.trim()).filter((one) => one !== "");
  const look = () => {
    acting.run(async () => {
      setFound(await services.review.listMatchingQuestions({ wordings: asked, language }));
    });
  };
  return (
    <div class="stack hits-of-answer">
      <button type="button" class="button small" disabled={acting.busy || asked.length === 0} onClick={look}>
        {t("wouldHitCheck")}
      </button>
      <FailureNotice failure={acting.failure} />
      {found ? (
        <div role="status">
          {found.questions.length === 0 ? <p class="soft">{t("wouldHitNone", { n: number(found.lookedAt) })}</p> : <p class="soft">{t("wouldHit")}</p>}
          <ul class="plain-list">
            {found.questions.map((one) => (
              <li key={one.turn}>
                <a dir="auto" href={hrefOf("conversations", sessionId(one.turn))}>
                  {one.question}
                </a>{" "}
                <span class="soft">
                  {t("wouldHitTimes", { n: number(one.count) })} · {clock(one.time)}
                </span>
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </div>
  );
}
