/** A collection's documents: a list to search, files to drop, and the document that the address names. */

import { useMemo, useState } from "preact/hooks";

import { Audience, type Collection, type Document } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { dateOf, languageName } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useLoaded } from "../shared/loading.ts";
import { collectionId } from "../shared/names.ts";
import { go, hrefOf, route } from "../shared/route.ts";
import { pages, type Services } from "../shared/services.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, Empty, FailureNotice } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { DocumentPanel } from "./document_panel.tsx";
import { matching } from "./documents_state.ts";
import { DocumentEditor } from "./editor.tsx";
import { Upload } from "./upload.tsx";
import { ValidityText } from "./validity_text.tsx";

const ROWS = 100;

/** All documents of a collection; `partly` is told as pages of them come. */
export async function listDocuments(
  services: Services,
  collection: string,
  signal: AbortSignal,
  partly?: (documents: readonly Document[]) => void,
): Promise<readonly Document[]> {
  const documents: Document[] = [];
  for await (const page of pages((pageToken) => services.knowledge.listDocuments({ collection, pageSize: 100, pageToken }, { signal }))) {
    documents.push(...page.documents);
    partly?.([...documents]);
  }
  return documents;
}

export function DocumentsPage({ collection, onChange, open }: { collection: Collection; onChange: () => void; open: string }) {
  const { services } = useDesk();
  const [words, setWords] = useState("");
  const [rows, setRows] = useState(ROWS);
  const [writing, setWriting] = useState(false);
  const loaded = useLoaded<readonly Document[]>(
    (signal, partly) => listDocuments(services, collection.name, signal, partly),
    [services, collection.name],
  );
  const documents = loaded.value ?? [];
  const found = useMemo(() => matching(documents, words), [documents, words]);
  const id = collectionId(collection.name);
  const changed = () => {
    loaded.reload();
    onChange();
  };
  const opened = open === "" ? undefined : documents.find((one) => one.name.split("/")[3] === open);
  // Only while the address names it: a dialog also closes when the browser has gone elsewhere.
  const closeDocument = () => {
    if (route.value.section === "knowledge" && route.value.rest[2] === open) go("knowledge", id, "documents");
  };
  return (
    <>
      <Upload collection={collection.name} onDone={changed} />
      <div class="toolbar">
        <label class="search-field">
          <DeskIcon name="search" />
          <span class="unseen">{t("searchDocuments")}</span>
          <input class="field" type="search" placeholder={t("searchDocuments")} value={words} onInput={(event) => setWords(event.currentTarget.value)} />
        </label>
        <button type="button" class="button" onClick={() => setWriting(true)}>
          <DeskIcon name="edit" /> {t("writeDocument")}
        </button>
        <p class="soft" role="status">
          {loaded.loading ? t("loading") : t("documentCount", { count: found.length })}
        </p>
      </div>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value !== null && found.length === 0 && !loaded.loading ? (
        <Empty icon="file" title={words === "" ? t("noDocuments") : t("noDocumentsFound")}>
          {words === "" ? t("noDocumentsMore") : null}
        </Empty>
      ) : null}
      {found.length > 0 ? (
        <div class="table-frame" tabIndex={0} role="region" aria-label={t("documents")}>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t("document")}</th>
                <th scope="col">{t("language")}</th>
                <th scope="col">{t("validity")}</th>
                <th scope="col" class="figure">
                  {t("passages")}
                </th>
                <th scope="col">{t("updated")}</th>
              </tr>
            </thead>
            <tbody>
              {found.slice(0, rows).map((one) => (
                <tr key={one.name}>
                  <th scope="row">
                    <a href={hrefOf("knowledge", id, "documents", one.name.split("/")[3] ?? "")} dir="auto">
                      {one.title || one.path}
                    </a>{" "}
                    {one.audience === Audience.STAFF ? <Badge kind="warn">{t("staffOnly")}</Badge> : null}
                    <span class="path">{one.path}</span>
                  </th>
                  <td>{languageName(one.language)}</td>
                  <td>
                    <ValidityText document={one} />
                  </td>
                  <td class="figure">{one.passageCount}</td>
                  <td>{dateOf(one.updateTime)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
      {found.length > rows ? (
        <button type="button" class="button" onClick={() => setRows(rows + ROWS)}>
          {t("showMore", { n: Math.min(ROWS, found.length - rows) })}
        </button>
      ) : null}
      {opened ? <DocumentPanel key={opened.name} document={opened} onClose={closeDocument} onChange={changed} /> : null}
      {writing ? (
        <DocumentEditor
          collection={collection.name}
          onClose={() => setWriting(false)}
          onSaved={() => {
            setWriting(false);
            changed();
          }}
        />
      ) : null}
    </>
  );
}
