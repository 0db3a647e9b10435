/** Results of a run: what changed first, both answers side by side, and why each got its verdict. */

import { useState } from "preact/hooks";

import { Handoff_Reason } from "../../gen/kefu/router/v1/chat_pb.ts";
import { type GoldenAnswer, GoldenAnswer_Verdict, type GoldenResult, GoldenResult_Change, type GoldenRun } from "../../gen/kefu/router/v1/golden_pb.ts";
import { markdown } from "../../shared/markdown.tsx";
import { reasonText } from "../inbox/words.ts";
import { lastId } from "../shared/names.ts";
import { hrefOf } from "../shared/route.ts";
import { Badge } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { changeKind, changeText, verdictKind, verdictText } from "./words.ts";

const ORDER = [
  GoldenResult_Change.LOST,
  GoldenResult_Change.GAINED,
  GoldenResult_Change.STILL_WRONG,
  GoldenResult_Change.UNSPECIFIED,
  GoldenResult_Change.STILL_RIGHT,
];

export function ResultList({ run, results }: { run: GoldenRun; results: readonly GoldenResult[] }) {
  const [all, setAll] = useState(false);
  const quiet = (one: GoldenResult) =>
    one.change === GoldenResult_Change.STILL_RIGHT || (one.change === GoldenResult_Change.UNSPECIFIED && one.answer?.verdict === GoldenAnswer_Verdict.RIGHT);
  const hidden = results.filter(quiet).length;
  const shown = results
    .filter((one) => all || !quiet(one))
    .sort((a, b) => ORDER.indexOf(a.change) - ORDER.indexOf(b.change) || (a.question < b.question ? -1 : 1));
  return (
    <section class="stack" aria-label={t("verdict")}>
      {run.lost + run.gained === 0 && results.length > 0 ? <p class="soft">{t("nothingChanged")}</p> : null}
      <ul class="plain-list stack">
        {shown.map((one) => (
          <li key={one.question} class="card">
            <Result of={one} isDraft={run.draft !== ""} />
          </li>
        ))}
      </ul>
      {hidden > 0 && !all ? (
        <button type="button" class="button" onClick={() => setAll(true)}>
          {t("showStillRight", { n: hidden })}
        </button>
      ) : null}
    </section>
  );
}

function Result({ of: one, isDraft }: { of: GoldenResult; isDraft: boolean }) {
  return (
    <article class="golden-result">
      <h2 dir="auto" class="breakable">
        <a href={hrefOf("golden", "questions", lastId(one.question))}>{one.text}</a>
      </h2>
      <p class="badges">
        <Badge kind={changeKind(one.change)}>{changeText(one.change)}</Badge>
        {one.askedAgain ? <Badge>{t("askedTwice")}</Badge> : null}
      </p>
      <div class="golden-answers">
        <Answer label={isDraft ? t("answerLive") : t("answerBefore")} of={one.before} />
        <Answer label={isDraft ? t("answerDraft") : t("answerNow")} of={one.answer} />
      </div>
    </article>
  );
}

/** `heading`: the level of its heading, one below what it stands under. */
export function Answer({ label, of: answer, heading: Heading = "h3" }: { label: string; of: GoldenAnswer | undefined; heading?: "h2" | "h3" }) {
  if (answer === undefined) {
    return (
      <section class="golden-answer" aria-label={label}>
        <Heading>{label}</Heading>
        <p class="soft">{t("noAnswerBefore")}</p>
      </section>
    );
  }
  return (
    <section class={`golden-answer is-${verdictKind(answer.verdict)}`} aria-label={label}>
      <Heading>
        {label} <Badge kind={verdictKind(answer.verdict)}>{verdictText(answer.verdict)}</Badge>
      </Heading>
      <div dir="auto" class="breakable">
        {answer.text === "" ? <p class="soft">{answer.titles.length + answer.why.length > 0 ? t("nothingSaid") : t("answerForgotten")}</p> : markdown(answer.text)}
      </div>
      {answer.handoff !== Handoff_Reason.UNSPECIFIED ? <p class="soft">{t("calledPerson", { reason: reasonText(answer.handoff) })}</p> : null}
      <p class="soft">
        {t("whyVerdict")}: <span lang="en">{answer.why}</span>
      </p>
      {answer.titles.length > 0 ? <p class="soft">{t("goldenFoundIn", { titles: answer.titles.join(" · ") })}</p> : null}
    </section>
  );
}
