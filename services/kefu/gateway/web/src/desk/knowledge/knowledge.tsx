/** The knowledge base: a collection, and what can be seen and done in it. */

import { useState } from "preact/hooks";

import type { Collection } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { Dialog } from "../../shared/dialog.tsx";
import { DeskIcon } from "../shared/icons.tsx";
import { useAction, useLoaded } from "../shared/loading.ts";
import { collectionId } from "../shared/names.ts";
import { go, hrefOf, route } from "../shared/route.ts";
import { pages } from "../shared/services.ts";
import { useDesk } from "../shared/session.ts";
import { Busy, Empty, FailureNotice, Labelled, PageHead, SubNav } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { AttentionPage } from "./attention.tsx";
import { CuratedPage } from "./curated.tsx";
import { DocumentsPage } from "./documents.tsx";
import { SearchPage } from "./search.tsx";
import { SourcesPage } from "./sources/sources.tsx";

const TABS = ["documents", "sources", "curated", "search", "attention"] as const;

export function KnowledgePage() {
  const { services, config } = useDesk();
  const [adding, setAdding] = useState(false);
  const loaded = useLoaded<readonly Collection[]>(async (signal) => {
    const collections: Collection[] = [];
    for await (const page of pages((pageToken) => services.knowledge.listCollections({ pageSize: 100, pageToken }, { signal }))) {
      collections.push(...page.collections);
    }
    return collections;
  }, [services]);

  const [wanted = "", tabName = ""] = route.value.rest;
  const collections = loaded.value ?? [];
  const offered = config.collections.map((one) => collectionId(`${one.includes("/") ? "" : "collections/"}${one}`));
  const current =
    collections.find((one) => collectionId(one.name) === wanted) ??
    collections.find((one) => offered.includes(collectionId(one.name))) ??
    collections[0];
  const tab = TABS.find((one) => one === tabName) ?? "documents";
  const id = current ? collectionId(current.name) : "";
  const labels = { documents: t("documents"), sources: t("sourcesTab"), curated: t("curatedAnswers"), search: t("searchTest"), attention: t("needsAttention") };

  return (
    <div class="page">
      <PageHead title={t("knowledge")}>
        {collections.length > 0 ? (
          <label class="picker">
            <span class="soft">{t("collection")}</span>
            <select class="field" value={id} onChange={(event) => go("knowledge", event.currentTarget.value, tab)}>
              {collections.map((one) => (
                <option key={one.name} value={collectionId(one.name)}>
                  {one.displayName || collectionId(one.name)}
                </option>
              ))}
            </select>
          </label>
        ) : null}
        <button type="button" class="button" onClick={() => setAdding(true)}>
          <DeskIcon name="plus" /> {t("newCollection")}
        </button>
      </PageHead>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value?.length === 0 ? (
        <Empty icon="book" title={t("noCollections")}>
          {t("noCollectionsMore")}
        </Empty>
      ) : null}
      {current ? (
        <>
          <SubNav label={t("knowledge")} items={TABS.map((one) => ({ href: hrefOf("knowledge", id, one), label: labels[one], current: one === tab }))} />
          {tab === "documents" ? <DocumentsPage key={id} collection={current} onChange={loaded.reload} open={route.value.rest[2] ?? ""} /> : null}
          {tab === "sources" ? <SourcesPage key={id} collection={current.name} /> : null}
          {tab === "curated" ? <CuratedPage key={id} collection={current.name} /> : null}
          {tab === "search" ? <SearchPage key={id} collection={current} /> : null}
          {tab === "attention" ? <AttentionPage key={id} collection={current.name} /> : null}
        </>
      ) : null}
      {adding ? (
        <NewCollection
          onClose={() => setAdding(false)}
          onMade={(name) => {
            setAdding(false);
            loaded.reload();
            go("knowledge", name, "documents");
          }}
        />
      ) : null}
    </div>
  );
}

function NewCollection({ onClose, onMade }: { onClose: () => void; onMade: (id: string) => void }) {
  const { services } = useDesk();
  const [id, setId] = useState("");
  const [displayName, setDisplayName] = useState("");
  const acting = useAction();
  return (
    <Dialog kind="box" title={t("newCollection")} closeLabel={t("close")} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          acting.run(async () => {
            await services.knowledge.createCollection({ collectionId: id, displayName });
            onMade(id);
          });
        }}
      >
        <Labelled label={t("collectionId")} hint={t("collectionIdHint")}>
          {(control, hint) => (
            <input id={control} class="field mono" required pattern="[a-z][a-z0-9\-]{0,62}" value={id} aria-describedby={hint} onInput={(event) => setId(event.currentTarget.value)} />
          )}
        </Labelled>
        <Labelled label={t("displayName")}>
          {(control) => <input id={control} class="field" maxLength={100} value={displayName} onInput={(event) => setDisplayName(event.currentTarget.value)} />}
        </Labelled>
        <FailureNotice failure={acting.failure} />
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="submit" class="button primary" disabled={acting.busy}>
            {t("create")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
