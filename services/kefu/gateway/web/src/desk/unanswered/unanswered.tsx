/** What Kefu could not answer, grouped by what it is about, and the way from there to an answer. */

import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";

import type { Collection } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import type { UnansweredGroup, UnansweredQuestion } from "../../gen/kefu/router/v1/insight_pb.ts";
import { newGoldenHref } from "../golden/address.ts";
import { reasonText } from "../inbox/words.ts";
import { CuratedForm } from "../knowledge/curated_form.tsx";
import { AnswerText } from "../shared/answer_text.tsx";
import { clock, languageName, number } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useAction, useLoaded } from "../shared/loading.ts";
import { collectionId, sessionId } from "../shared/names.ts";
import { may } from "../shared/permissions.ts";
import { hrefOf } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, Empty, FailureNotice, Notice, PageHead } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { curatedFrom, languagesOf, reasonsOf, repliesOf } from "./prefill.ts";

const SPANS = [1, 7, 30, 0] as const;

interface Unanswered {
  readonly groups: readonly UnansweredGroup[];
  readonly total: number;
}

export function UnansweredPage() {
  const { services, me, config } = useDesk();
  const [days, setDays] = useState(30);
  const [writing, setWriting] = useState<{ group: UnansweredGroup; reply?: string } | null>(null);
  const [said, setSaid] = useState("");
  const acting = useAction();
  const mayWrite = may(me, "knowledge");
  const loaded = useLoaded<Unanswered>(
    async (signal) => {
      const startTime = days > 0 ? { startTime: timestampFromDate(new Date(Date.now() - days * 86_400_000)) } : {};
      const response = await services.insight.listUnanswered({ ...startTime, pageSize: 100 }, { signal });
      return { groups: response.groups, total: response.totalQuestions };
    },
    [services, days],
  );
  const collections = useLoaded<readonly Collection[]>(
    async (signal) => (mayWrite ? (await services.knowledge.listCollections({ pageSize: 100 }, { signal })).collections : []),
    [services],
  );
  const into =
    collections.value?.find((one) => config.collections.some((offered) => offered.endsWith(collectionId(one.name)))) ?? collections.value?.[0];

  const dismiss = async (group: UnansweredGroup) => {
    const turns = group.questions.map((one) => one.turn);
    const { dismissed } = await services.insight.dismissUnanswered({ turns: turns.length > 0 ? turns : [group.central?.turn ?? ""] });
    setSaid(t("dismissed", { n: dismissed }));
    loaded.reload();
  };

  return (
    <div class="page">
      <PageHead title={t("unanswered")}>
        <label class="picker">
          <span class="soft">{t("span")}</span>
          <select class="field" value={days} onChange={(event) => setDays(Number(event.currentTarget.value))}>
            {SPANS.map((span) => (
              <option key={span} value={span}>
                {span === 0 ? t("allKept") : t("lastDays", { count: span })}
              </option>
            ))}
          </select>
        </label>
      </PageHead>
      <p class="soft page-lead">{t("unansweredMore")}</p>
      <FailureNotice failure={loaded.failure ?? acting.failure} retry={loaded.reload} />
      {said ? <Notice kind="good">{said}</Notice> : null}
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value?.groups.length === 0 ? (
        <Empty icon="sparkle" title={t("allAnswered")}>
          {t("allAnsweredMore")}
        </Empty>
      ) : null}
      {loaded.value && loaded.value.groups.length > 0 ? (
        <p class="soft">{t("groupCount", { questions: t("questionCount", { count: number(loaded.value.total) }), groups: t("groups", { count: loaded.value.groups.length }) })}</p>
      ) : null}
      <ol class="cards groups">
        {loaded.value?.groups.map((group) => (
          <Group
            key={group.central?.turn}
            group={group}
            mayWrite={mayWrite && into !== undefined}
            busy={acting.busy}
            onWrite={(reply) => setWriting({ group, ...(reply === undefined ? {} : { reply }) })}
            onDismiss={() => acting.run(() => dismiss(group))}
          />
        ))}
      </ol>
      {writing && into ? (
        <CuratedForm
          answer={curatedFrom(writing.group, writing.reply)}
          collection={into.name}
          collections={collections.value ?? []}
          replies={repliesOf(writing.group)}
          onClose={() => setWriting(null)}
          onSaved={async () => {
            const { group } = writing;
            setWriting(null);
            await dismiss(group);
            setSaid(t("curatedMade"));
          }}
        />
      ) : null}
    </div>
  );
}

function Group(props: {
  group: UnansweredGroup;
  mayWrite: boolean;
  busy: boolean;
  onWrite: (reply?: string) => void;
  onDismiss: () => void;
}) {
  const { group } = props;
  const title = group.central?.text ?? "";
  return (
    <li class="card group">
      <div class="group-head">
        <span class="group-count">
          {number(group.count)}
          <span class="unseen"> {t("questions")}</span>
        </span>
        <h2 dir="auto">{title}</h2>
      </div>
      <p class="item-tags">
        {languagesOf(group).map(([language, count]) => (
          <Badge key={language}>
            {languageName(language)} · {count}
          </Badge>
        ))}
        {reasonsOf(group).map(([reason, count]) => (
          <Badge key={reason} kind="warn">
            {reason === "rated_down" ? t("ratedDown") : reasonText(reason)} · {count}
          </Badge>
        ))}
      </p>
      <details class="examples">
        <summary>{t("examples", { n: group.questions.length })}</summary>
        <ul class="plain-list">
          {group.questions.map((question) => (
            <Example key={question.turn} question={question} onWrite={props.mayWrite ? props.onWrite : undefined} />
          ))}
        </ul>
      </details>
      <div class="row tools">
        <button type="button" class="button primary small" disabled={!props.mayWrite || props.busy} onClick={() => props.onWrite()} aria-label={t("writeAnswerTo", { question: title })}>
          <DeskIcon name="sparkle" /> {t("writeAnswer")}
        </button>
        {group.central ? (
          <a class="button small" href={hrefOf("inbox", sessionId(group.central.turn))}>
            {t("openConversation")}
          </a>
        ) : null}
        {group.central ? (
          <a class="button small" href={newGoldenHref(group.central.turn)} aria-label={t("makeGoldenOf", { question: title })}>
            <DeskIcon name="star" /> {t("makeGolden")}
          </a>
        ) : null}
        <button type="button" class="button small quiet" disabled={props.busy} onClick={props.onDismiss} aria-label={t("dismissNamed", { question: title })}>
          {t("dismiss")}
        </button>
        {props.mayWrite ? null : <span class="hint">{t("writeNeedsScope")}</span>}
      </div>
    </li>
  );
}

function Example({ question, onWrite }: { question: UnansweredQuestion; onWrite: ((reply: string) => void) | undefined }) {
  return (
    <li class="example">
      <p dir="auto">{question.text}</p>
      <p class="soft">
        {clock(question.createTime)} · {question.ratedDown ? t("ratedDown") : reasonText(question.reason)} ·{" "}
        <a href={hrefOf("inbox", sessionId(question.turn))}>{t("openConversation")}</a>
      </p>
      {question.reply ? (
        <div class="example-reply">
          <p class="soft">{t("personReplied")}</p>
          <AnswerText text={question.reply} />
          {onWrite ? (
            <button type="button" class="button small" onClick={() => onWrite(question.reply)}>
              {t("makeCurated")}
            </button>
          ) : null}
        </div>
      ) : null}
    </li>
  );
}
