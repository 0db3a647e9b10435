/** A curated answer to write or to change. */

import { create } from "@bufbuild/protobuf";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { Audience, type Collection, type CuratedAnswer, CuratedAnswerSchema } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { Dialog } from "../../shared/dialog.tsx";
import { Icon } from "../../shared/icons.tsx";
import { languageName } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useAction } from "../shared/loading.ts";
import { useDesk } from "../shared/session.ts";
import { FailureNotice, Labelled, Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";

interface FormProps {
  readonly answer: CuratedAnswer;
  readonly collection: string;
  /** To choose from, where the answer may go into any of several. */
  readonly collections?: readonly Collection[];
  /** Replies that people gave, to take one as the answer. */
  readonly replies?: readonly string[];
  /** What stands below the answer: something about the wordings and the language as they are now. */
  readonly beside?: (questions: readonly string[], language: string) => ComponentChildren;
  readonly onClose: () => void;
  readonly onSaved: (answer: CuratedAnswer) => void | Promise<void>;
}

export function CuratedForm({ answer, collection, collections, replies = [], beside, onClose, onSaved }: FormProps) {
  const { services } = useDesk();
  const [questions, setQuestions] = useState<readonly string[]>(answer.questions.length > 0 ? answer.questions : [""]);
  const [text, setText] = useState(answer.answer);
  const [language, setLanguage] = useState(answer.language);
  const [validFrom, setValidFrom] = useState(answer.validFrom);
  const [validUntil, setValidUntil] = useState(answer.validUntil);
  const [priority, setPriority] = useState(answer.priority);
  const [staff, setStaff] = useState(answer.audience === Audience.STAFF);
  const [into, setInto] = useState(collection);
  const [warned, setWarned] = useState<{ readonly saved: CuratedAnswer; readonly warnings: readonly string[] } | null>(null);
  const acting = useAction();

  const save = () => {
    acting.run(async () => {
      const curatedAnswer = create(CuratedAnswerSchema, {
        name: answer.name,
        questions: questions.map((one) => one.trim()).filter((one) => one !== ""),
        answer: text.trim(),
        language,
        validFrom,
        validUntil,
        priority,
        audience: staff ? Audience.STAFF : Audience.EVERYONE,
      });
      const response = await services.knowledge.putCuratedAnswer({ collection: into, curatedAnswer });
      const saved = response.curatedAnswer ?? curatedAnswer;
      if (response.warnings.length > 0) setWarned({ saved, warnings: response.warnings });
      else await onSaved(saved);
    });
  };
  const set = (index: number, value: string) => setQuestions(questions.map((one, at) => (at === index ? value : one)));

  if (warned !== null) {
    const close = () => acting.run(async () => await onSaved(warned.saved));
    return (
      <Dialog kind="panel" title={t("savedWithWarnings")} closeLabel={t("close")} onClose={close}>
        <div class="stack">
          {warned.warnings.map((warning) => (
            <Notice kind="warn" key={warning}>
              {warning}
            </Notice>
          ))}
          <FailureNotice failure={acting.failure} />
          <div class="dialog-actions">
            <button type="button" class="button primary" disabled={acting.busy} onClick={close}>
              {t("close")}
            </button>
          </div>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog kind="panel" title={answer.name === "" ? t("newCurated") : t("editCurated")} closeLabel={t("close")} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <fieldset class="plain-fieldset">
          <legend>{t("questions")}</legend>
          <p class="hint">{t("questionsHint")}</p>
          {questions.map((question, index) => (
            <div class="row question-row" key={index}>
              <input class="field" aria-label={t("questionNumber", { n: index + 1 })} dir="auto" maxLength={500} required={index === 0} value={question} onInput={(event) => set(index, event.currentTarget.value)} />
              <button
                type="button"
                class="button quiet icon small"
                aria-label={t("removeQuestion", { n: index + 1 })}
                disabled={questions.length === 1}
                onClick={() => setQuestions(questions.filter((_, at) => at !== index))}
              >
                <Icon name="close" />
              </button>
            </div>
          ))}
          <button type="button" class="button small" disabled={questions.length >= 20} onClick={() => setQuestions([...questions, ""])}>
            <DeskIcon name="plus" /> {t("addQuestion")}
          </button>
        </fieldset>
        <Labelled label={t("answer")}>
          {(id) => <textarea id={id} class="field" dir="auto" rows={6} maxLength={4000} required value={text} onInput={(event) => setText(event.currentTarget.value)} />}
        </Labelled>
        {beside?.(questions, language)}
        {replies.length > 1 ? (
          <Labelled label={t("takeReply")}>
            {(id) => (
              <select id={id} class="field" onChange={(event) => setText(event.currentTarget.value)}>
                {replies.map((reply) => (
                  <option key={reply} value={reply}>
                    {reply.slice(0, 90)}
                  </option>
                ))}
              </select>
            )}
          </Labelled>
        ) : null}
        <div class="row">
          {collections && collections.length > 1 ? (
            <Labelled label={t("collection")}>
              {(id) => (
                <select id={id} class="field" value={into} onChange={(event) => setInto(event.currentTarget.value)}>
                  {collections.map((one) => (
                    <option key={one.name} value={one.name}>
                      {one.displayName || one.name}
                    </option>
                  ))}
                </select>
              )}
            </Labelled>
          ) : null}
          <Labelled label={t("language")}>
            {(id) => (
              <select id={id} class="field" value={language} onChange={(event) => setLanguage(event.currentTarget.value)}>
                <option value="">{t("recognised")}</option>
                <option value="en">{languageName("en")}</option>
                <option value="zh">{languageName("zh")}</option>
              </select>
            )}
          </Labelled>
          <Labelled label={t("priority")}>
            {(id) => <input id={id} class="field" type="number" min={-1000} max={1000} step={1} value={priority} onInput={(event) => setPriority(event.currentTarget.valueAsNumber || 0)} />}
          </Labelled>
        </div>
        <div class="row">
          <Labelled label={t("validFrom")}>
            {(id) => <input id={id} class="field" type="date" value={validFrom} onInput={(event) => setValidFrom(event.currentTarget.value)} />}
          </Labelled>
          <Labelled label={t("validUntil")}>
            {(id) => <input id={id} class="field" type="date" value={validUntil} onInput={(event) => setValidUntil(event.currentTarget.value)} />}
          </Labelled>
        </div>
        <label class="check">
          <input type="checkbox" checked={staff} onChange={(event) => setStaff(event.currentTarget.checked)} /> {t("staffOnlyMore")}
        </label>
        <FailureNotice failure={acting.failure} />
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="submit" class="button primary" disabled={acting.busy}>
            {t("save")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
