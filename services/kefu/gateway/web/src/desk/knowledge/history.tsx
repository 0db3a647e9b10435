/** A document's history: who changed it and when, what each revision changed, and the way back to one. */

import { useState } from "preact/hooks";

import type { Revision } from "../../gen/kefu/retrieval/v1/history_pb.ts";
import { DifferenceTable } from "../procedures/difference_table.tsx";
import { clock } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useAction, useLoaded } from "../shared/loading.ts";
import { lastId } from "../shared/names.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, FailureNotice, Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";

export function HistoryPart({ document, version, onRestored }: { document: string; version: string; onRestored: () => void }) {
  const { services } = useDesk();
  const [shown, setShown] = useState<string>("");
  const [restored, setRestored] = useState("");
  const acting = useAction();
  const loaded = useLoaded<readonly Revision[]>(
    async (signal) => (await services.histories.listRevisions({ document }, { signal })).revisions,
    [services, document, version],
  );
  const revisions = loaded.value ?? [];
  const at = revisions.findIndex((one) => one.name === shown);
  const restore = (revision: Revision) => {
    acting.run(async () => {
      await services.histories.restoreRevision({ name: revision.name });
      setRestored(lastId(revision.name));
      setShown("");
      loaded.reload();
      onRestored();
    });
  };
  return (
    <section class="stack">
      <h3>{t("history")}</h3>
      <p class="hint">{t("historyMore")}</p>
      <FailureNotice failure={loaded.failure ?? acting.failure} retry={loaded.reload} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {restored !== "" ? <Notice kind="good">{t("historyRestored", { n: restored })}</Notice> : null}
      <ol class="plain-list rows" reversed>
        {revisions.map((one, index) => {
          const n = lastId(one.name);
          const before = revisions[index + 1];
          return (
            <li key={one.name}>
              <span>
                {t("revisionIs", { n })} {index === 0 ? <Badge kind="good">{t("current")}</Badge> : null} {clock(one.time)}{" "}
                <span class="soft">
                  {one.author || t("historyUnknown")} {originText(one)}
                </span>
              </span>
              <span class="card-actions">
                {before && !one.deleted ? (
                  <button type="button" class="button small" aria-label={t("whatChangedIn", { n })} onClick={() => setShown(one.name)}>
                    {t("whatChanged")}
                  </button>
                ) : null}
                {index > 0 && !one.deleted ? (
                  <button type="button" class="button small" disabled={acting.busy} aria-label={t("restoreNamed", { n })} onClick={() => restore(one)}>
                    <DeskIcon name="redo" /> {t("restore")}
                  </button>
                ) : null}
              </span>
            </li>
          );
        })}
      </ol>
      {at >= 0 ? <RevisionDifference revision={revisions[at]!} before={revisions[at + 1]} /> : null}
    </section>
  );
}

function RevisionDifference({ revision, before }: { revision: Revision; before: Revision | undefined }) {
  const { services } = useDesk();
  const loaded = useLoaded<readonly string[]>(
    (signal) =>
      Promise.all(
        [before, revision].map(async (one) => (one === undefined || one.deleted ? "" : (await services.histories.getRevision({ name: one.name }, { signal })).text)),
      ),
    [services, revision, before],
  );
  const [from = "", to = ""] = loaded.value ?? [];
  return (
    <>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value ? <DifferenceTable before={from} after={to} caption={t("revisionIs", { n: lastId(revision.name) })} /> : null}
    </>
  );
}

function originText(revision: Revision): string {
  if (revision.deleted) return `· ${t("historyDeleted")}`;
  const [kind = "", id = ""] = revision.origin.split("/");
  switch (kind) {
    case "drafts":
      return `· ${t("historyFromDraft")}`;
    case "versions":
      return `· ${t("historyFromVersion")}`;
    case "revisions":
      return `· ${t("historyRestored", { n: id })}`;
    default:
      return "";
  }
}
