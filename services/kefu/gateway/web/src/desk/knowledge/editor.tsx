/** Writing a document here, or one anew that is text: saving imports it under its path. */

import { useState } from "preact/hooks";

import { Audience, type Document, DocumentResult_Outcome, type Passage } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { Dialog } from "../../shared/dialog.tsx";
import { failureText } from "../shared/failure_text.ts";
import { useDesk } from "../shared/session.ts";
import { Labelled, Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { textOf } from "./documents_state.ts";
import { importFile, type ImportOptions, ImportRefused } from "./importing.ts";

interface EditorProps {
  readonly collection: string;
  readonly document?: Document;
  readonly passages?: readonly Passage[];
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

export function DocumentEditor({ collection, document, passages, onClose, onSaved }: EditorProps) {
  const { credentials } = useDesk();
  const [path, setPath] = useState(document?.path ?? "");
  const markdown = !/\.txt$/i.test(path);
  const [text, setText] = useState(document && passages ? textOf(document.title, passages, markdown) : "");
  const [validFrom, setValidFrom] = useState(document?.validFrom ?? "");
  const [validUntil, setValidUntil] = useState(document?.validUntil ?? "");
  const [staff, setStaff] = useState(document?.audience === Audience.STAFF);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");

  const save = async () => {
    const wanted = /\.(md|markdown|txt)$/i.test(path) ? path : `${path}.md`;
    const options: ImportOptions = {
      ...(document ? { title: document.title, language: document.language, uri: document.uri, metadata: document.metadata } : {}),
      valid_from: validFrom,
      valid_until: validUntil,
      audience: staff ? "AUDIENCE_STAFF" : "AUDIENCE_EVERYONE",
    };
    const file = new File([text], wanted.split("/").at(-1) ?? wanted, { type: markdown ? "text/markdown" : "text/plain" });
    setBusy(true);
    setTrouble("");
    let failed = t("uploadBroken");
    try {
      for await (const { report } of importFile(collection, file, wanted, options, credentials, new AbortController().signal)) {
        if (report.case === "result") failed = report.value.outcome === DocumentResult_Outcome.FAILED ? failureText(report.value) : "";
      }
    } catch (error) {
      failed = error instanceof ImportRefused ? failureText(error.failure) : t("uploadBroken");
    }
    setBusy(false);
    setTrouble(failed);
    if (failed === "") onSaved();
  };

  return (
    <Dialog kind="panel" title={document ? t("editNamed", { title: document.title || document.path }) : t("writeDocument")} closeLabel={t("close")} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {document ? (
          <Notice kind="info">{t("editNote")}</Notice>
        ) : (
          <Labelled label={t("path")} hint={t("pathHint")}>
            {(id, hint) => (
              <input id={id} class="field mono" required maxLength={1000} value={path} placeholder="returns.md" aria-describedby={hint} onInput={(event) => setPath(event.currentTarget.value)} />
            )}
          </Labelled>
        )}
        <Labelled label={t("text")} hint={markdown ? t("markdownHint") : ""}>
          {(id, hint) => (
            <textarea id={id} class="field mono editor" dir="auto" rows={18} required value={text} aria-describedby={hint} onInput={(event) => setText(event.currentTarget.value)} />
          )}
        </Labelled>
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
        {trouble ? <Notice kind="danger">{trouble}</Notice> : null}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="submit" class="button primary" disabled={busy}>
            {busy ? t("saving") : t("save")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
