/** One document: what is known of it, its passages, and what can be done with it. */

import { useState } from "preact/hooks";

import { Audience, type Document, type Passage } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { Dialog } from "../../shared/dialog.tsx";
import { PassageText } from "../../shared/passage.tsx";
import { dateOf, languageName } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useAction, useLoaded } from "../shared/loading.ts";
import { pages, type Services } from "../shared/services.ts";
import { useDesk } from "../shared/session.ts";
import { Busy, Confirm, FailureNotice } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { isEditable } from "./documents_state.ts";
import { DocumentEditor } from "./editor.tsx";
import { HistoryPart } from "./history.tsx";
import { ValidityText } from "./validity_text.tsx";

export async function listPassages(services: Services, document: string, signal: AbortSignal): Promise<readonly Passage[]> {
  const passages: Passage[] = [];
  for await (const page of pages((pageToken) => services.knowledge.listPassages({ document, pageSize: 100, pageToken }, { signal }))) {
    passages.push(...page.passages);
  }
  return passages;
}

export function DocumentPanel({ document, onClose, onChange }: { document: Document; onClose: () => void; onChange: () => void }) {
  const { services } = useDesk();
  const [asking, setAsking] = useState<"delete" | "edit" | null>(null);
  const [keepHistory, setKeepHistory] = useState(true);
  const acting = useAction();
  const passages = useLoaded<readonly Passage[]>((signal) => listPassages(services, document.name, signal), [services, document.name, document.sha256]);
  const remove = () => {
    acting.run(async () => {
      await services.knowledge.deleteDocument({ name: document.name, keepHistory });
      onChange();
      onClose();
    });
  };
  return (
    <Dialog kind="panel" title={document.title || document.path} closeLabel={t("close")} onClose={onClose}>
      <dl class="facts">
        <dt>{t("path")}</dt>
        <dd class="breakable">{document.path}</dd>
        <dt>{t("language")}</dt>
        <dd>{languageName(document.language)}</dd>
        <dt>{t("validity")}</dt>
        <dd>
          <ValidityText document={document} />
        </dd>
        <dt>{t("audience")}</dt>
        <dd>{document.audience === Audience.STAFF ? t("staffOnly") : t("everyone")}</dd>
        {document.uri ? (
          <>
            <dt>{t("address")}</dt>
            <dd class="breakable">{document.uri}</dd>
          </>
        ) : null}
        {Object.entries(document.metadata).map(([key, value]) => (
          <>
            <dt>{key}</dt>
            <dd>{value}</dd>
          </>
        ))}
        <dt>{t("updated")}</dt>
        <dd>{dateOf(document.updateTime)}</dd>
      </dl>
      <div class="row tools">
        {isEditable(document.path) ? (
          <button type="button" class="button small" disabled={passages.value === null} onClick={() => setAsking("edit")}>
            <DeskIcon name="edit" /> {t("edit")}
          </button>
        ) : (
          <p class="hint">{t("editElsewhere")}</p>
        )}
        <button type="button" class="button small danger" onClick={() => setAsking("delete")}>
          {t("delete")}
        </button>
      </div>
      <h3>
        {t("passages")} <span class="count">{document.passageCount}</span>
      </h3>
      <FailureNotice failure={passages.failure} retry={passages.reload} />
      {passages.value === null && passages.failure === null ? <Busy /> : null}
      <ol class="passages">
        {passages.value?.map((passage) => (
          <li key={passage.name}>
            {passage.headings.length > 0 ? (
              <p class="passage-head" dir="auto">
                {passage.headings.join(" › ")}
              </p>
            ) : null}
            <div class="passage-text" dir="auto">
              <PassageText pieces={[{ text: passage.text, marked: false }]} />
            </div>
          </li>
        ))}
      </ol>
      <HistoryPart document={document.name} version={document.sha256} onRestored={onChange} />
      {asking === "delete" ? (
        <Confirm title={t("deleteDocument")} action={t("delete")} danger busy={acting.busy} failure={acting.failure} onConfirm={remove} onClose={() => setAsking(null)}>
          <p dir="auto">{t("deleteDocumentMore", { title: document.title || document.path })}</p>
          <label class="check">
            <input type="checkbox" checked={keepHistory} onChange={(event) => setKeepHistory(event.currentTarget.checked)} /> {t("keepHistory")}
          </label>
        </Confirm>
      ) : null}
      {asking === "edit" && passages.value ? (
        <DocumentEditor
          collection={document.name.split("/").slice(0, 2).join("/")}
          document={document}
          passages={passages.value}
          onClose={() => setAsking(null)}
          onSaved={() => {
            setAsking(null);
            onChange();
          }}
        />
      ) : null}
    </Dialog>
  );
}
