/** Answers that staff wrote, given word for word to whoever asks one of their questions. */

import { create } from "@bufbuild/protobuf";
import { useMemo, useState } from "preact/hooks";

import { Audience, type CuratedAnswer, CuratedAnswerSchema } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { AnswerText } from "../shared/answer_text.tsx";
import { dateOf, languageName } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useAction, useLoaded } from "../shared/loading.ts";
import { pages } from "../shared/services.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, Confirm, Empty, FailureNotice } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { CuratedForm } from "./curated_form.tsx";
import { ValidityText } from "./validity_text.tsx";

export function CuratedPage({ collection }: { collection: string }) {
  const { services } = useDesk();
  const [words, setWords] = useState("");
  const [editing, setEditing] = useState<CuratedAnswer | null>(null);
  const [deleting, setDeleting] = useState<CuratedAnswer | null>(null);
  const acting = useAction();
  const loaded = useLoaded<readonly CuratedAnswer[]>(
    async (signal, partly) => {
      const answers: CuratedAnswer[] = [];
      for await (const page of pages((pageToken) => services.knowledge.listCuratedAnswers({ collection, pageSize: 100, pageToken }, { signal }))) {
        answers.push(...page.curatedAnswers);
        partly([...answers]);
      }
      return answers;
    },
    [services, collection],
  );
  const found = useMemo(() => withWords(loaded.value ?? [], words), [loaded.value, words]);
  return (
    <>
      <div class="toolbar">
        <label class="search-field">
          <DeskIcon name="search" />
          <span class="unseen">{t("searchCurated")}</span>
          <input class="field" type="search" placeholder={t("searchCurated")} value={words} onInput={(event) => setWords(event.currentTarget.value)} />
        </label>
        <button type="button" class="button primary" onClick={() => setEditing(create(CuratedAnswerSchema, { questions: [""] }))}>
          <DeskIcon name="plus" /> {t("newCurated")}
        </button>
        <p class="soft" role="status">
          {loaded.loading ? t("loading") : t("answerCount", { count: found.length })}
        </p>
      </div>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value !== null && found.length === 0 && !loaded.loading ? (
        <Empty icon="sparkle" title={words === "" ? t("noCurated") : t("noCuratedFound")}>
          {t("noCuratedMore")}
        </Empty>
      ) : null}
      <ul class="cards">
        {found.slice(0, 200).map((answer) => (
          <li key={answer.name} class="card">
            <ul class="card-questions">
              {answer.questions.map((question) => (
                <li key={question} dir="auto">
                  {question}
                </li>
              ))}
            </ul>
            <AnswerText class="card-text" text={answer.answer} />
            <div class="card-foot">
              <Badge>{languageName(answer.language)}</Badge>
              {answer.audience === Audience.STAFF ? <Badge kind="warn">{t("staffOnly")}</Badge> : null}
              {answer.priority !== 0 ? <Badge>{t("priorityIs", { n: answer.priority })}</Badge> : null}
              {answer.validFrom || answer.validUntil ? <ValidityText document={answer} /> : null}
              <span class="soft">{dateOf(answer.updateTime)}</span>
              <span class="card-actions">
                <button type="button" class="button small" aria-label={t("editNamed", { title: answer.questions[0] ?? "" })} onClick={() => setEditing(answer)}>
                  {t("edit")}
                </button>
                <button type="button" class="button small danger" aria-label={t("deleteNamed", { title: answer.questions[0] ?? "" })} onClick={() => setDeleting(answer)}>
                  {t("delete")}
                </button>
              </span>
            </div>
          </li>
        ))}
      </ul>
      {found.length > 200 ? <p class="soft">{t("narrowSearch")}</p> : null}
      {editing ? (
        <CuratedForm
          answer={editing}
          collection={collection}
          onClose={() => setEditing(null)}
          onSaved={() => {
            setEditing(null);
            loaded.reload();
          }}
        />
      ) : null}
      {deleting ? (
        <Confirm
          title={t("deleteCurated")}
          action={t("delete")}
          danger
          busy={acting.busy}
          failure={acting.failure}
          onClose={() => setDeleting(null)}
          onConfirm={() =>
            acting.run(async () => {
              await services.knowledge.deleteCuratedAnswer({ name: deleting.name });
              setDeleting(null);
              loaded.reload();
            })
          }
        >
          <p dir="auto">{t("deleteCuratedMore", { question: deleting.questions[0] ?? "" })}</p>
        </Confirm>
      ) : null}
    </>
  );
}

function withWords(answers: readonly CuratedAnswer[], words: string): readonly CuratedAnswer[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return answers.filter((one) => {
    const text = [...one.questions, one.answer].join("\n").toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
