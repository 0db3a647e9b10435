/** The daily review: the sample of a day, judged answer by answer with the mouse or the keys, and what it says of all. */

import { useEffect, useRef, useState } from "preact/hooks";

import type { GetReviewNumbersResponse, GetReviewSampleResponse, ReviewedShare, SampledAnswer } from "../../gen/kefu/router/v1/review_pb.ts";
import { AnswerText } from "../shared/answer_text.tsx";
import { clock, number, percent } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useLoaded } from "../shared/loading.ts";
import { sessionId } from "../shared/names.ts";
import { hrefOf } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, Empty, FailureNotice, Labelled, PageHead } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { Judge } from "./judge.tsx";
import { Marks } from "./marks.tsx";
import { stratumText } from "./verdicts.ts";
import { Why } from "./why.tsx";
import { saidIn } from "./said.ts";
import { CustomerFiles } from "../inbox/files.tsx";

const DAY = 86_400_000;

/** A day before now, in UTC. */
export function dayBefore(days: number, now = Date.now()): string {
  return new Date(now - days * DAY).toISOString().slice(0, 10);
}

export function ReviewPage() {
  const { services } = useDesk();
  const [day, setDay] = useState(dayBefore(1));
  const loaded = useLoaded<GetReviewSampleResponse>((signal) => services.review.getReviewSample({ day }, { signal }), [services, day]);
  const numbers = useLoaded<GetReviewNumbersResponse>((signal) => services.review.getReviewNumbers({}, { signal }), [services]);
  const sample = loaded.value;
  return (
    <div class="page">
      <PageHead title={t("review")} />
      <p class="soft page-lead">{t("reviewMore")}</p>
      <div class="row">
        <Labelled label={t("reviewDay")}>
          {(id) => <input id={id} class="field" type="date" required max={dayBefore(0)} value={day} onChange={(event) => (event.currentTarget.value ? setDay(event.currentTarget.value) : undefined)} />}
        </Labelled>
      </div>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {sample === null && loaded.failure === null ? <Busy /> : null}
      {sample && sample.answers.length === 0 ? (
        <Empty icon="sparkle" title={t("noSample")}>
          {t("noSampleMore")}
        </Empty>
      ) : null}
      {sample && sample.answers.length > 0 ? (
        <>
          {sample.final ? null : <p class="soft">{t("sampleOpen")}</p>}
          <p class="hint">{t("reviewKeys")}</p>
          <Sample key={sample.day} sample={sample} onJudged={numbers.reload} />
          <Strata sample={sample} />
        </>
      ) : null}
      <FailureNotice failure={numbers.failure} retry={numbers.reload} />
      {numbers.value ? <ReviewNumbers numbers={numbers.value} /> : null}
    </div>
  );
}

/** Keys reach the answer that is current: the one that has the focus, or was reached by them last. */
function Sample({ sample, onJudged }: { sample: GetReviewSampleResponse; onJudged: () => void }) {
  const [answers, setAnswers] = useState<readonly SampledAnswer[]>(sample.answers);
  const list = useRef<HTMLOListElement>(null);
  const current = useRef(-1);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement | null;
      if (event.ctrlKey || event.metaKey || event.altKey || target?.closest("input, textarea, select, dialog")) return;
      const items = [...(list.current?.children ?? [])] as HTMLElement[];
      const focused = items.findIndex((item) => item.contains(document.activeElement));
      const at = focused === -1 ? current.current : focused;
      const key = event.key.toLowerCase();
      if (key === "j" || key === "k") {
        const next = at === -1 ? 0 : Math.min(Math.max(at + (key === "j" ? 1 : -1), 0), items.length - 1);
        current.current = next;
        items[next]?.focus();
        items[next]?.scrollIntoView({ block: "nearest" });
      } else if (at !== -1) {
        const button = items[at]?.querySelector<HTMLButtonElement>(`[data-verdict="${key}"]`);
        if (!button) return;
        button.click();
      } else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <ol
      class="cards review-sample"
      ref={list}
      onFocusIn={({ currentTarget, target }) => {
        current.current = [...currentTarget.children].findIndex((item) => item.contains(target as Node));
      }}
    >
      {answers.map((answer, at) => (
        <Sampled
          key={answer.turn?.turn?.name ?? at}
          answer={answer}
          onChange={(changed) => {
            setAnswers((before) => before.map((one, other) => (other === at ? changed : one)));
            onJudged();
          }}
        />
      ))}
    </ol>
  );
}

function Sampled({ answer, onChange }: { answer: SampledAnswer; onChange: (answer: SampledAnswer) => void }) {
  const [open, setOpen] = useState(false);
  const reviewed = answer.turn;
  const turn = reviewed?.turn;
  if (answer.gone || reviewed === undefined || turn === undefined) {
    return (
      <li class="card said" tabIndex={-1}>
        <p class="soft">{t("answerGone")}</p>
      </li>
    );
  }
  return (
    <li class="card said" tabIndex={-1} aria-label={saidIn(turn)}>
      <p class="soft">
        <Badge kind="accent">{stratumText(answer.stratum)}</Badge> <a href={hrefOf("conversations", sessionId(turn.name))}>{t("conversationOf", { time: clock(turn.createTime) })}</a>
      </p>
      <h2 class="said-question" dir="auto">
        {saidIn(turn)}
      </h2>
      {turn.attachments.length > 0 ? <CustomerFiles names={turn.attachments} /> : null}
      <AnswerText text={turn.text} />
      <Marks reviewed={reviewed} />
      <Judge turn={turn.name} judgement={reviewed.judgement} onJudged={(judgement) => onChange({ ...answer, turn: { ...reviewed, judgement } } as SampledAnswer)} />
      <div class="row tools">
        <button type="button" class="button small" aria-expanded={open} aria-label={t("whyOf", { question: saidIn(turn) })} onClick={() => setOpen(!open)}>
          <DeskIcon name="question" /> {t("whyAsk")}
        </button>
      </div>
      {open ? <Why turn={turn.name} /> : null}
    </li>
  );
}

function Strata({ sample }: { sample: GetReviewSampleResponse }) {
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={t("stratum")}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t("stratum")}</th>
            <th scope="col" class="figure">
              {t("answersOf")}
            </th>
            <th scope="col" class="figure">
              {t("drawnOf")}
            </th>
          </tr>
        </thead>
        <tbody>
          {sample.strata.map((one) => (
            <tr key={one.stratum}>
              <th scope="row">{stratumText(one.stratum)}</th>
              <td class="figure">{number(one.answers)}</td>
              <td class="figure">{number(one.drawn)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ReviewNumbers({ numbers }: { numbers: GetReviewNumbersResponse }) {
  const rows = [
    [t("ofAllQuestions"), numbers.resolved],
    [t("ofAllAnswersRight"), numbers.right],
    [t("verdictHalf"), numbers.half],
    [t("verdictWrong"), numbers.wrong],
    [t("verdictUnsafe"), numbers.unsafe],
  ] as const;
  return (
    <section aria-labelledby="review-numbers">
      <h2 id="review-numbers">{t("numbersOfReviews")}</h2>
      {numbers.judged === 0 ? (
        <p class="soft">{t("noReviews")}</p>
      ) : (
        <>
          <p class="soft">{t("numbersOfReviewsMore", { judged: number(numbers.judged), answers: number(numbers.answers) })}</p>
          <dl class="facts">
            {rows.map(([name, share]) => (
              <Share key={name} name={name} share={share} />
            ))}
          </dl>
        </>
      )}
    </section>
  );
}

function Share({ name, share }: { name: string; share: ReviewedShare | undefined }) {
  if (share === undefined) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{t("shareInterval", { share: percent(share.share), low: percent(share.low), high: percent(share.high) })}</dd>
    </>
  );
}
