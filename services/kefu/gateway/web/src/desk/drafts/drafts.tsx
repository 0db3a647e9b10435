/** A collection's drafts: the list, one of them, and the versions that customers were answered from. */

import { useState } from "preact/hooks";

import type { Collection } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import type { Draft } from "../../gen/kefu/retrieval/v1/draft_pb.ts";
import { Dialog } from "../../shared/dialog.tsx";
import { clock } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useAction, useLoaded } from "../shared/loading.ts";
import { collectionId, lastId } from "../shared/names.ts";
import { go, hrefOf } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { Busy, Empty, FailureNotice, Labelled } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { DraftPage } from "./draft_page.tsx";
import { StateBadges } from "./state_badges.tsx";
import { VersionsPart } from "./versions.tsx";
import { countsText, isOpen } from "./words.ts";

/** `open`: the id of the draft that the address names. */
export function DraftsPage({ collection, open, onChange }: { collection: Collection; open: string; onChange: () => void }) {
  const { services } = useDesk();
  const [adding, setAdding] = useState(false);
  const loaded = useLoaded<readonly Draft[]>(
    async (signal) => (await services.drafts.listDrafts({ collection: collection.name }, { signal })).drafts,
    [services, collection.name],
  );
  const id = collectionId(collection.name);
  const changed = () => {
    loaded.reload();
    onChange();
  };
  if (open !== "") return <DraftPage key={open} collection={collection.name} name={`${collection.name}/drafts/${open}`} onChange={changed} />;
  const drafts = loaded.value ?? [];
  const closed = drafts.filter((one) => !isOpen(one));
  return (
    <>
      <div class="toolbar">
        <p class="soft">{t("draftsMore")}</p>
        <button type="button" class="button primary" onClick={() => setAdding(true)}>
          <DeskIcon name="plus" /> {t("newDraft")}
        </button>
      </div>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value !== null && !drafts.some(isOpen) ? (
        <Empty icon="edit" title={t("noDrafts")}>
          {t("noDraftsMore")}
        </Empty>
      ) : null}
      {drafts.some(isOpen) ? <DraftTable collection={id} drafts={drafts.filter(isOpen)} caption={t("drafts")} /> : null}
      <VersionsPart collection={collection.name} onChange={changed} />
      {closed.length > 0 ? (
        <section class="stack">
          <h2>{t("closedDrafts")}</h2>
          <DraftTable collection={id} drafts={closed} caption={t("closedDrafts")} />
        </section>
      ) : null}
      {adding ? (
        <NewDraft
          collection={collection.name}
          onClose={() => setAdding(false)}
          onMade={(name) => {
            setAdding(false);
            loaded.reload();
            go("knowledge", id, "drafts", lastId(name));
          }}
        />
      ) : null}
    </>
  );
}

function DraftTable({ collection, drafts, caption }: { collection: string; drafts: readonly Draft[]; caption: string }) {
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={caption}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t("draftTitle")}</th>
            <th scope="col">{t("draftState")}</th>
            <th scope="col">{t("draftChanges")}</th>
            <th scope="col">{t("draftMade")}</th>
          </tr>
        </thead>
        <tbody>
          {drafts.map((one) => (
            <tr key={one.name}>
              <th scope="row">
                <a href={hrefOf("knowledge", collection, "drafts", lastId(one.name))} dir="auto">
                  {one.title}
                </a>
                <span class="path">{one.origin}</span>
              </th>
              <td>
                <StateBadges draft={one} />
              </td>
              <td>{countsText(one.changes)}</td>
              <td>{clock(one.createTime)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function NewDraft({ collection, onClose, onMade }: { collection: string; onClose: () => void; onMade: (name: string) => void }) {
  const { services } = useDesk();
  const [title, setTitle] = useState("");
  const acting = useAction();
  return (
    <Dialog kind="box" title={t("newDraft")} closeLabel={t("close")} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          acting.run(async () => {
            const { draft } = await services.drafts.createDraft({ collection, title });
            onMade(draft?.name ?? "");
          });
        }}
      >
        <Labelled label={t("draftTitle")}>
          {(id) => <input id={id} class="field" dir="auto" maxLength={100} value={title} onInput={(event) => setTitle(event.currentTarget.value)} />}
        </Labelled>
        {acting.busy ? <Busy /> : null}
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
