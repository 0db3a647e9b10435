/** What a draft changes, and the difference of each document's and answer's text. */

import { useState } from "preact/hooks";

import { type DraftChange, DraftChange_Change, DraftChange_Kind } from "../../gen/kefu/retrieval/v1/draft_pb.ts";
import type { CuratedAnswer } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { Dialog } from "../../shared/dialog.tsx";
import { textOf } from "../knowledge/documents_state.ts";
import { DifferenceTable } from "../procedures/difference_table.tsx";
import { useLoaded } from "../shared/loading.ts";
import { collectionId, lastId } from "../shared/names.ts";
import { pages, type Services } from "../shared/services.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, Empty, FailureNotice } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { changeText, labelOf } from "./words.ts";

const MOST_SHOWN = 500;

/** `round` changes when the draft may have. */
export function DraftChanges({ collection, draft, round }: { collection: string; draft: string; round: number }) {
  const { services } = useDesk();
  const [shown, setShown] = useState<DraftChange | null>(null);
  const loaded = useLoaded<readonly DraftChange[]>(
    async (signal, partly) => {
      const changes: DraftChange[] = [];
      for await (const page of pages((pageToken) => services.drafts.listDraftChanges({ draft, pageSize: 100, pageToken }, { signal }))) {
        changes.push(...page.changes);
        partly([...changes]);
        if (changes.length >= MOST_SHOWN) break;
      }
      return changes;
    },
    [services, draft, round],
  );
  const changes = loaded.value ?? [];
  return (
    <section class="stack">
      <h3>{t("draftChanges")}</h3>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value?.length === 0 ? (
        <Empty icon="file" title={t("draftNoChanges")}>
          {t("draftNoChangesMore", { id: lastId(draft), collection: collectionId(draft) })}
        </Empty>
      ) : null}
      {changes.length > 0 ? (
        <div class="table-frame" tabIndex={0} role="region" aria-label={t("draftChanges")}>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t("document")}</th>
                <th scope="col">{t("changeWhat")}</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {changes.slice(0, MOST_SHOWN).map((one) => (
                <tr key={one.name}>
                  <th scope="row" dir="auto">
                    {labelOf(one)}
                    {one.kind === DraftChange_Kind.DOCUMENT ? <span class="path">{one.label}</span> : null}
                  </th>
                  <td>
                    <Badge kind={one.change === DraftChange_Change.DELETED ? "danger" : "plain"}>{changeText(one)}</Badge>{" "}
                    {one.conflict ? <Badge kind="warn">{t("changeConflict")}</Badge> : null}
                  </td>
                  <td class="row-actions">
                    <button type="button" class="button small" aria-label={t("showChangeNamed", { name: labelOf(one) })} onClick={() => setShown(one)}>
                      {t("showChange")}
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
      {shown ? <ChangePanel collection={collection} draft={draft} change={shown} onClose={() => setShown(null)} /> : null}
    </section>
  );
}

function ChangePanel({ collection, draft, change, onClose }: { collection: string; draft: string; change: DraftChange; onClose: () => void }) {
  const { services } = useDesk();
  const loaded = useLoaded<readonly [string, string]>(
    (signal) => Promise.all([textIn(services, collection, change, "", signal), textIn(services, collection, change, draft, signal)]),
    [services, change, draft],
  );
  const caption = t("changeOf", { name: labelOf(change) });
  return (
    <Dialog kind="panel" title={caption} closeLabel={t("close")} onClose={onClose}>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value ? <DifferenceTable before={loaded.value[0]} after={loaded.value[1]} caption={caption} /> : null}
    </Dialog>
  );
}

/** What a thing says in a draft, or in what is live; empty where it is not there. */
async function textIn(services: Services, collection: string, change: DraftChange, draft: string, signal: AbortSignal): Promise<string> {
  const missing = draft === "" ? DraftChange_Change.ADDED : DraftChange_Change.DELETED;
  if (change.change === missing) return "";
  if (change.kind === DraftChange_Kind.DICTIONARY) return (await services.knowledge.getDictionary({ collection, draft }, { signal })).dictionary?.text ?? "";
  if (change.kind === DraftChange_Kind.CURATED_ANSWER) {
    for await (const page of pages((pageToken) => services.knowledge.listCuratedAnswers({ collection, draft, pageSize: 100, pageToken }, { signal }))) {
      const found = page.curatedAnswers.find((one) => one.name === change.name);
      if (found) return curatedText(found);
    }
    return "";
  }
  const passages = [];
  for await (const page of pages((pageToken) => services.knowledge.listPassages({ document: change.name, draft, pageSize: 100, pageToken }, { signal }))) {
    passages.push(...page.passages);
  }
  return textOf(passages[0]?.title ?? "", passages, true);
}

function curatedText(answer: CuratedAnswer): string {
  return [...answer.questions, "", answer.answer].join("\n");
}
