/** A procedure's page as text, beside what is wrong with it and the steps as they are understood. */

import { create } from "@bufbuild/protobuf";
import { useId, useMemo, useRef, useState } from "preact/hooks";

import { failureOf } from "@kefu/client";
import { type Procedure, ProcedureSchema } from "../../gen/kefu/router/v1/procedure_pb.ts";
import { Dialog } from "../../shared/dialog.tsx";
import { useAction } from "../shared/loading.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Confirm, FailureNotice, Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { useCheck } from "./checking.ts";
import { DifferenceTable } from "./difference_table.tsx";
import { Findings, findingsText } from "./findings.tsx";
import { Flow, nestedFlow } from "./flow.tsx";
import { lineAt, lineCount, rangeOfLine } from "./lines.ts";
import type { OpenProcedure } from "./open_procedure.ts";

export function ProcedureEditor({ open, dirty }: { open: OpenProcedure; dirty: boolean }) {
  const { services } = useDesk();
  const { stored, text, base } = open;
  const field = useRef<HTMLTextAreaElement>(null);
  const [line, setLine] = useState(1);
  const [told, setTold] = useState<"saved" | "mend" | "gone" | null>(null);
  const [asking, setAsking] = useState<"discard" | Procedure | null>(null);
  const acting = useAction();
  const checked = useCheck(text);
  const current = checked.page === text;
  const flow = useMemo(() => nestedFlow(checked.flow), [checked.flow]);
  const stale = acting.failure?.reason === "STALE_REVISION";

  const write = (next: string) => {
    setTold(null);
    open.write(next);
  };
  const goToLine = (wanted: number) => {
    const area = field.current;
    if (area === null) return;
    const [from, to] = rangeOfLine(area.value, wanted);
    area.focus();
    area.setSelectionRange(from, to);
    area.scrollTop = (area.scrollHeight * (wanted - 1)) / lineCount(area.value) - area.clientHeight / 3;
    area.scrollIntoView({ block: "nearest" });
    setLine(wanted);
  };
  const save = () => {
    const firstError = current ? checked.findings.find((one) => one.isError) : undefined;
    if (firstError !== undefined) {
      setTold("mend");
      goToLine(firstError.line);
      return;
    }
    setTold(null);
    acting.run(async () => {
      const { procedure } = await services.procedures.putProcedure({ procedure: { name: stored.name, page: text }, revision: base });
      if (procedure !== undefined) open.settle(procedure);
      setTold("saved");
    });
  };
  const compare = () => {
    acting.run(async () => {
      try {
        const { procedure } = await services.procedures.getProcedure({ name: stored.name });
        if (procedure !== undefined) setAsking(procedure);
      } catch (error) {
        if (failureOf(error).reason !== "PROCEDURE_NOT_FOUND") throw error;
        open.settle(create(ProcedureSchema, { name: stored.name }));
        setTold("gone");
      }
    });
  };
  return (
    <>
      <div class="procedure-columns">
        <Text field={field} text={text} line={line} onLine={setLine} onWrite={write} onSave={save} />
        <div class="stack">
          <section class="panel-card" aria-label={t("findings")}>
            <h2>{t("findings")}</h2>
            <p class="soft">
              <span role="status">{checked.page === null ? "" : findingsText(checked.findings)}</span>{" "}
              <span aria-hidden="true">{current || checked.failure !== null ? "" : t("checking")}</span>
            </p>
            <FailureNotice failure={checked.failure} />
            <Findings findings={checked.findings} onLine={goToLine} />
          </section>
          <section class="panel-card" aria-label={t("flow")}>
            <h2>{t("flow")}</h2>
            <p class="soft">{flow.length === 0 ? t("noSteps") : t("flowMore")}</p>
            <Flow steps={flow} onLine={goToLine} />
          </section>
        </div>
      </div>
      <FailureNotice failure={stale ? null : acting.failure} />
      {stale ? (
        <Notice kind="danger">
          {t("procedureStale")}{" "}
          <button type="button" class="button small" onClick={compare}>
            {t("compareStale")}
          </button>
        </Notice>
      ) : null}
      {told === "mend" ? <Notice kind="danger">{t("mendFirst")}</Notice> : null}
      {told === "gone" ? <Notice kind="warn">{t("procedureGone")}</Notice> : null}
      {told === "saved" ? <Notice kind="good">{t("procedureSaved", { n: String(stored.revision) })}</Notice> : null}
      <div class="row save-bar">
        <button type="button" class="button primary" disabled={acting.busy || !dirty} onClick={save}>
          {acting.busy ? t("saving") : t("save")}
        </button>
        {dirty && stored.revision !== 0n ? (
          <button type="button" class="button" onClick={() => setAsking("discard")}>
            {t("discard")}
          </button>
        ) : null}
        <p role="status">
          {stored.revision === 0n ? (
            <Badge kind="warn">{t("notStored")}</Badge>
          ) : dirty ? (
            <Badge kind="accent">{t("unsaved")}</Badge>
          ) : (
            <span class="soft">{t("revisionIs", { n: String(stored.revision) })}</span>
          )}
        </p>
      </div>
      {asking === "discard" ? (
        <Confirm
          title={t("discard")}
          action={t("discard")}
          danger
          onClose={() => setAsking(null)}
          onConfirm={() => {
            open.settle(stored, stored.page);
            setAsking(null);
            acting.clear();
          }}
        >
          <p>{t("discardMore", { n: String(stored.revision) })}</p>
        </Confirm>
      ) : null}
      {asking !== null && asking !== "discard" ? (
        <Stale
          now={asking}
          text={text}
          onClose={() => setAsking(null)}
          onDecide={(page) => {
            open.settle(asking, page);
            setAsking(null);
            acting.clear();
          }}
        />
      ) : null}
    </>
  );
}

interface TextProps {
  readonly field: { current: HTMLTextAreaElement | null };
  readonly text: string;
  readonly line: number;
  readonly onLine: (line: number) => void;
  readonly onWrite: (text: string) => void;
  readonly onSave: () => void;
}

function Text({ field, text, line, onLine, onWrite, onSave }: TextProps) {
  const id = useId();
  const follow = () => {
    if (field.current) onLine(lineAt(field.current.value, field.current.selectionStart));
  };
  return (
    <div class="labelled procedure-text">
      <label for={id}>{t("page")}</label>
      <textarea
        id={id}
        ref={field}
        class="field mono"
        dir="auto"
        spellcheck={false}
        value={text}
        aria-describedby={`${id}-hint`}
        onInput={(event) => onWrite(event.currentTarget.value)}
        onSelect={follow}
        onKeyUp={follow}
        onClick={follow}
        onKeyDown={(event) => {
          if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
          event.preventDefault();
          onSave();
        }}
      />
      <p class="hint procedure-hint" id={`${id}-hint`}>
        <span>{t("pageHint")}</span> <span class="nowrap">{t("cursorLine", { n: line, lines: lineCount(text) })}</span>
      </p>
    </div>
  );
}

/** Somebody else was faster: both pages are shown, and one is chosen to go on with. */
function Stale({ now, text, onClose, onDecide }: { now: Procedure; text: string; onClose: () => void; onDecide: (page: string) => void }) {
  return (
    <Dialog kind="panel" title={t("compareStaleTitle")} closeLabel={t("close")} onClose={onClose}>
      <div class="stack">
        <p>{t("compareStaleMore")}</p>
        <DifferenceTable before={now.page} after={text} caption={t("compareStaleTitle")} />
      </div>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={() => onDecide(now.page)}>
          {t("takeStored")}
        </button>
        <button type="button" class="button primary" onClick={() => onDecide(text)}>
          {t("keepMine")}
        </button>
      </div>
    </Dialog>
  );
}
