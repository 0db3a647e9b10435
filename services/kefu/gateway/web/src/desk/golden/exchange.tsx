/** Golden questions from a file, and to one: a questions.jsonl. */

import { useState } from "preact/hooks";

import type { ImportGoldenQuestionsResponse } from "../../gen/kefu/router/v1/golden_pb.ts";
import { Dialog } from "../../shared/dialog.tsx";
import { DeskIcon } from "../shared/icons.tsx";
import { useAction } from "../shared/loading.ts";
import { useDesk } from "../shared/session.ts";
import { FailureNotice, Labelled, Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";

export function ImportDialog({ onClose, onStored }: { onClose: () => void; onStored: () => void }) {
  const { services } = useDesk();
  const [done, setDone] = useState<ImportGoldenQuestionsResponse | null>(null);
  const acting = useAction();
  const send = (file: File) => {
    acting.run(async () => {
      const lines = new Uint8Array(await file.arrayBuffer());
      const response = await services.golden.importGoldenQuestions({ lines });
      setDone(response);
      if (response.imported > 0) onStored();
    });
  };
  return (
    <Dialog kind="box" title={t("importGolden")} closeLabel={t("close")} onClose={onClose}>
      <div class="stack">
        <p>{t("importGoldenMore")}</p>
        <Labelled label={t("chooseFile")}>
          {(id, describedBy) => (
            <input
              id={id}
              class="field"
              type="file"
              accept=".jsonl,application/jsonl,text/plain"
              aria-describedby={describedBy}
              disabled={acting.busy}
              onChange={(event) => {
                const file = event.currentTarget.files?.[0];
                if (file) send(file);
              }}
            />
          )}
        </Labelled>
        <FailureNotice failure={acting.failure} />
        {done !== null && done.errors.length === 0 ? <Notice kind="good">{t("importedGolden", { count: done.imported })}</Notice> : null}
        {done !== null && done.errors.length > 0 ? (
          <Notice kind="danger">
            {t("importRefused")}
            <ul class="plain-list">
              {done.errors.map((one) => (
                <li key={one.line} class="breakable">
                  {t("lineWrong", { n: one.line, text: one.text })}
                </li>
              ))}
            </ul>
          </Notice>
        ) : null}
      </div>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          {t("close")}
        </button>
      </div>
    </Dialog>
  );
}

export function ExportButton({ disabled }: { disabled: boolean }) {
  const { services } = useDesk();
  const acting = useAction();
  const save = () => {
    acting.run(async () => {
      const { lines } = await services.golden.exportGoldenQuestions({});
      const url = URL.createObjectURL(new Blob([lines.slice().buffer], { type: "application/jsonl" }));
      const link = document.createElement("a");
      link.href = url;
      link.download = "questions.jsonl";
      link.click();
      URL.revokeObjectURL(url);
    });
  };
  return (
    <>
      <button type="button" class="button" disabled={disabled || acting.busy} onClick={save}>
        <DeskIcon name="download" /> {t("exportGolden")}
      </button>
      <FailureNotice failure={acting.failure} />
    </>
  );
}
