/** One golden question: its form, its last answer, and a new one from an answer that a customer got. */

import { create } from "@bufbuild/protobuf";
import { useState } from "preact/hooks";

import { type GoldenQuestion, GoldenQuestion_Person, GoldenQuestion_Polarity, GoldenQuestionSchema } from "../../gen/kefu/router/v1/golden_pb.ts";
import { AnswerText } from "../shared/answer_text.tsx";
import { collectionId } from "../shared/names.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useAction, useLoaded } from "../shared/loading.ts";
import { lastId } from "../shared/names.ts";
import { may } from "../shared/permissions.ts";
import { go, hrefOf } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { Busy, Confirm, FailureNotice, Labelled, Notice, PageHead } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { type Fields, fieldsOf, questionOf, saysWhatIsRight } from "./lines.ts";
import { RunProgress } from "./question_list.tsx";
import { Answer } from "./result_list.tsx";
import { useRun } from "./running.ts";

interface Loaded {
  readonly question: GoldenQuestion;
  /** What was answered, where it is made from an answer. */
  readonly answer: string;
}

/** `id`: empty for a new one; `turn`: what it is made from, or null. */
export function QuestionPage({ id, turn }: { id: string; turn: string | null }) {
  const { services } = useDesk();
  const loaded = useLoaded<Loaded>(
    async (signal) => {
      if (turn !== null) {
        const { question, answer } = await services.golden.proposeGoldenQuestion({ turn }, { signal });
        return { question: question ?? create(GoldenQuestionSchema), answer };
      }
      if (id === "") return { question: create(GoldenQuestionSchema), answer: "" };
      const { question } = await services.golden.getGoldenQuestion({ name: `goldenQuestions/${id}` }, { signal });
      return { question: question ?? create(GoldenQuestionSchema), answer: "" };
    },
    [services, id, turn],
  );
  return (
    <div class="page">
      <PageHead title={id === "" ? t("newGolden") : t("golden")}>
        <a class="button quiet" href={hrefOf("golden")}>
          <DeskIcon name="back" /> {t("golden")}
        </a>
      </PageHead>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value === null ? null : <Editor key={`${loaded.value.question.name}:${loaded.value.question.revision}`} of={loaded.value} fromTurn={turn !== null} />}
    </div>
  );
}

function Editor({ of: { question: first, answer }, fromTurn }: { of: Loaded; fromTurn: boolean }) {
  const { services, me } = useDesk();
  const [stored, setStored] = useState(first);
  const [fields, setFields] = useState<Fields>(fieldsOf(first));
  const [told, setTold] = useState<"saved" | "nothing" | null>(null);
  const [deleting, setDeleting] = useState(false);
  const acting = useAction();
  const running = useRun();
  const collections = useLoaded<readonly string[]>(
    async (signal) => (may(me, "knowledge") ? (await services.knowledge.listCollections({ pageSize: 100 }, { signal })).collections.map((one) => one.name) : []),
    [services],
  );
  const known = [...new Set([...(collections.value ?? []), ...first.collections])];
  const write = (change: Partial<Fields>) => {
    setTold(null);
    setFields({ ...fields, ...change });
  };
  const save = () => {
    const question = questionOf(fields, stored);
    if (!saysWhatIsRight(question)) {
      setTold("nothing");
      return;
    }
    acting.run(async () => {
      const response = await services.golden.putGoldenQuestion({ question, revision: stored.revision });
      if (response.question === undefined) return;
      setStored(response.question);
      setFields(fieldsOf(response.question));
      setTold("saved");
    });
  };
  const drop = () => {
    acting.run(async () => {
      await services.golden.deleteGoldenQuestion({ name: stored.name });
      go("golden");
    });
  };
  return (
    <div class="golden-columns">
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        {fromTurn && stored.name === "" ? <Notice kind="info">{t("goldenFromTurn")}</Notice> : null}
        <Labelled label={t("goldenQuestion")} hint={t("goldenQuestionHint")}>
          {(id, describedBy) => <textarea id={id} class="field" dir="auto" rows={2} required value={fields.text} aria-describedby={describedBy} onInput={(event) => write({ text: event.currentTarget.value })} />}
        </Labelled>
        <Labelled label={t("goldenMust")} hint={t("goldenMustHint")}>
          {(id, describedBy) => <textarea id={id} class="field" dir="auto" rows={3} value={fields.must} aria-describedby={describedBy} onInput={(event) => write({ must: event.currentTarget.value })} />}
        </Labelled>
        <Labelled label={t("goldenMustNot")} hint={t("goldenMustNotHint")}>
          {(id, describedBy) => <textarea id={id} class="field" dir="auto" rows={2} value={fields.mustNot} aria-describedby={describedBy} onInput={(event) => write({ mustNot: event.currentTarget.value })} />}
        </Labelled>
        <Labelled label={t("goldenPolarity")} hint={t("goldenPolarityHint")}>
          {(id, describedBy) => (
            <select id={id} class="field" value={fields.polarity} aria-describedby={describedBy} onChange={(event) => write({ polarity: Number(event.currentTarget.value) })}>
              <option value={GoldenQuestion_Polarity.UNSPECIFIED}>{t("polarityNone")}</option>
              <option value={GoldenQuestion_Polarity.YES}>{t("polarityYes")}</option>
              <option value={GoldenQuestion_Polarity.NO}>{t("polarityNo")}</option>
            </select>
          )}
        </Labelled>
        <Labelled label={t("goldenPerson")}>
          {(id) => (
            <select id={id} class="field" value={fields.person} onChange={(event) => write({ person: Number(event.currentTarget.value) })}>
              <option value={GoldenQuestion_Person.NO}>{t("personNo")}</option>
              <option value={GoldenQuestion_Person.ALLOWED}>{t("personAllowed")}</option>
              <option value={GoldenQuestion_Person.REQUIRED}>{t("personRequired")}</option>
            </select>
          )}
        </Labelled>
        <Labelled label={t("goldenBefore")} hint={t("goldenBeforeHint")}>
          {(id, describedBy) => <textarea id={id} class="field" dir="auto" rows={2} value={fields.before} aria-describedby={describedBy} onInput={(event) => write({ before: event.currentTarget.value })} />}
        </Labelled>
        <Labelled label={t("goldenCollections")}>
          {(id) => (
            <select id={id} class="field" value={fields.collection} onChange={(event) => write({ collection: event.currentTarget.value })}>
              <option value="">{t("goldenAllCollections")}</option>
              {known.map((name) => (
                <option key={name} value={name}>
                  {collectionId(name)}
                </option>
              ))}
            </select>
          )}
        </Labelled>
        <Labelled label={t("goldenNote")}>
          {(id) => <input id={id} class="field" dir="auto" value={fields.note} onInput={(event) => write({ note: event.currentTarget.value })} />}
        </Labelled>
        <FailureNotice failure={acting.failure} />
        {told === "nothing" ? <Notice kind="danger">{t("goldenNeedsMust")}</Notice> : null}
        {told === "saved" ? <Notice kind="good">{t("goldenSaved")}</Notice> : null}
        <div class="row save-bar">
          <button type="submit" class="button primary" disabled={acting.busy}>
            {acting.busy ? t("saving") : t("save")}
          </button>
          {stored.name === "" ? null : (
            <>
              <button type="button" class="button" disabled={running.busy} onClick={() => running.start([stored.name])}>
                {t("runThis")}
              </button>
              <button type="button" class="button danger" disabled={acting.busy} onClick={() => setDeleting(true)}>
                {t("delete")}
              </button>
              <span class="soft mono">{lastId(stored.name)}</span>
            </>
          )}
        </div>
      </form>
      <div class="stack">
        {answer === "" ? null : (
          <section class="panel-card" aria-label={t("goldenAnsweredThen")}>
            <h2>{t("goldenAnsweredThen")}</h2>
            <AnswerText text={answer} />
          </section>
        )}
        {stored.last === undefined || running.run !== null ? null : <Answer label={t("answerNow")} of={stored.last} heading="h2" />}
        <FailureNotice failure={running.failure} />
        <RunProgress running={running} />
      </div>
      {deleting ? (
        <Confirm title={t("delete")} action={t("delete")} danger busy={acting.busy} failure={acting.failure} onClose={() => setDeleting(false)} onConfirm={drop}>
          <p>{t("goldenDeleteMore", { text: stored.text })}</p>
        </Confirm>
      ) : null}
    </div>
  );
}
