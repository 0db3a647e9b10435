/** The sources of a collection: how each is doing, when it runs next, and what waits for a decision. */

import { create } from "@bufbuild/protobuf";
import { useEffect, useState } from "preact/hooks";

import { type Source, SourceSchema } from "../../../gen/kefu/retrieval/v1/source_pb.ts";
import { clock } from "../../shared/format.ts";
import { DeskIcon } from "../../shared/icons.tsx";
import { useAction, useLoaded } from "../../shared/loading.ts";
import { useDesk } from "../../shared/session.ts";
import { Badge, Busy, Confirm, Empty, FailureNotice, Notice } from "../../shared/ui.tsx";
import { t } from "../../texts.ts";
import { RunsDialog } from "./runs.tsx";
import { SourceForm } from "./source_form.tsx";
import { countsText, placeOf, stateText, titleOf } from "./words.ts";

const WATCH_MS = 2_000;

export function SourcesPage({ collection }: { collection: string }) {
  const { services } = useDesk();
  const [editing, setEditing] = useState<Source | null>(null);
  const [shown, setShown] = useState<Source | null>(null);
  const [deleting, setDeleting] = useState<Source | null>(null);
  const [withDocuments, setWithDocuments] = useState(false);
  const [token, setToken] = useState("");
  const acting = useAction();
  const loaded = useLoaded<readonly Source[]>(
    async (signal) => (await services.sources.listSources({ collection }, { signal })).sources,
    [services, collection],
  );
  const sources = loaded.value ?? [];
  const running = sources.some((one) => one.status?.running !== undefined);
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(loaded.reload, WATCH_MS);
    return () => {
      clearInterval(timer);
    };
  }, [running, loaded.reload]);
  const run = (source: Source) => {
    acting.run(async () => {
      await services.sources.syncSource({ name: source.name });
      loaded.reload();
    });
  };
  return (
    <>
      <div class="toolbar">
        <button type="button" class="button primary" onClick={() => setEditing(create(SourceSchema))}>
          <DeskIcon name="plus" /> {t("newSource")}
        </button>
        <p class="soft">{t("sourcesMore")}</p>
      </div>
      <FailureNotice failure={loaded.failure ?? (deleting === null ? acting.failure : null)} retry={loaded.reload} />
      {token !== "" ? (
        <Notice kind="good">
          {t("sourceToken")} <code>{token}</code>
        </Notice>
      ) : null}
      {sources.map((one) =>
        one.status?.held ? (
          <Notice key={one.name} kind="warn">
            {t("sourceHeldNotice", { name: titleOf(one), reason: one.status.held.message })}{" "}
            <button type="button" class="button small" onClick={() => setShown(one)}>
              {t("sourceReview")}
            </button>
          </Notice>
        ) : null,
      )}
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value?.length === 0 ? (
        <Empty icon="book" title={t("noSources")}>
          {t("noSourcesMore")}
        </Empty>
      ) : null}
      {sources.length > 0 ? (
        <div class="table-frame" tabIndex={0} role="region" aria-label={t("sourcesTab")}>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t("sourceOf")}</th>
                <th scope="col" class="figure">
                  {t("sourceDocuments")}
                </th>
                <th scope="col">{t("sourceNext")}</th>
                <th scope="col">{t("sourceLast")}</th>
                <th scope="col">
                  <span class="unseen">{t("sourceEdit")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {sources.map((one) => (
                <tr key={one.name}>
                  <th scope="row">
                    {titleOf(one)} {one.paused ? <Badge>{t("sourcePaused")}</Badge> : null}
                    <span class="path">{placeOf(one)}</span>
                  </th>
                  <td class="figure">{one.status?.documentCount ?? 0}</td>
                  <td>{one.status?.nextTime ? clock(one.status.nextTime) : t("sourceWhenAsked")}</td>
                  <td>
                    <LastRun source={one} />
                  </td>
                  <td>
                    <button type="button" class="button small" onClick={() => run(one)}>
                      {t("sourceRun")}
                    </button>{" "}
                    <button type="button" class="button small" onClick={() => setShown(one)}>
                      {t("sourceRunsButton")}
                    </button>{" "}
                    <button type="button" class="button small" onClick={() => setEditing(one)}>
                      {t("sourceEdit")}
                    </button>{" "}
                    <button type="button" class="button small" onClick={() => setDeleting(one)}>
                      {t("sourceDelete")}
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
      {editing ? (
        <SourceForm
          collection={collection}
          source={editing}
          onClose={() => setEditing(null)}
          onSaved={(made, secret) => {
            setEditing(null);
            setToken(secret === "" ? "" : `${window.location.origin}/api/sources/${made}/push?token=${secret}`);
            loaded.reload();
          }}
        />
      ) : null}
      {shown ? (
        <RunsDialog
          source={shown}
          onClose={() => {
            setShown(null);
            loaded.reload();
          }}
        />
      ) : null}
      {deleting ? (
        <Confirm
          title={t("sourceDeleteTitle", { name: titleOf(deleting) })}
          action={t("sourceDelete")}
          danger
          busy={acting.busy}
          failure={acting.failure}
          onClose={() => {
            setDeleting(null);
            acting.clear();
          }}
          onConfirm={() =>
            acting.run(async () => {
              await services.sources.deleteSource({ name: deleting.name, withDocuments });
              setDeleting(null);
              loaded.reload();
            })
          }
        >
          <p>{t("sourceDeleteMore")}</p>
          <label class="check">
            <input type="checkbox" checked={withDocuments} onChange={(event) => setWithDocuments(event.currentTarget.checked)} /> {t("sourceDeleteDocuments")}
          </label>
        </Confirm>
      ) : null}
    </>
  );
}

function LastRun({ source }: { source: Source }) {
  const { status } = source;
  const sync = status?.running ?? status?.held ?? status?.last;
  if (sync === undefined) return <>{t("sourceNever")}</>;
  return (
    <>
      {stateText(sync)} <span class="path">{countsText(sync) || sync.message}</span>
    </>
  );
}
