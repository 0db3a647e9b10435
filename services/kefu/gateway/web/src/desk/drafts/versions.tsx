/** The versions of a collection that are or were live, and the way back to one. */

import { useState } from "preact/hooks";

import type { Version } from "../../gen/kefu/retrieval/v1/draft_pb.ts";
import { clock, number } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useAction, useLoaded } from "../shared/loading.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Confirm, FailureNotice, Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { versionTitle } from "./words.ts";

export function VersionsPart({ collection, onChange }: { collection: string; onChange: () => void }) {
  const { services } = useDesk();
  const [wanted, setWanted] = useState<Version | null>(null);
  const [done, setDone] = useState("");
  const acting = useAction();
  const loaded = useLoaded<readonly Version[]>(
    async (signal) => (await services.drafts.listVersions({ collection }, { signal })).versions,
    [services, collection],
  );
  const versions = loaded.value ?? [];
  const close = () => {
    setWanted(null);
    acting.clear();
  };
  const rollBack = (version: Version) => {
    acting.run(async () => {
      await services.drafts.rollBack({ collection, version: version.name });
      setDone(t("rolledBack", { title: versionTitle(version) }));
      setWanted(null);
      loaded.reload();
      onChange();
    });
  };
  return (
    <section class="stack">
      <h2>{t("versionsHead")}</h2>
      <p class="soft">{t("versionsMore")}</p>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {done !== "" ? <Notice kind="good">{done}</Notice> : null}
      {versions.length > 0 ? (
        <div class="table-frame" tabIndex={0} role="region" aria-label={t("versionsHead")}>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t("versionsHead")}</th>
                <th scope="col">{t("draftState")}</th>
                <th scope="col" class="figure">
                  {t("documents")}
                </th>
                <td />
              </tr>
            </thead>
            <tbody>
              {versions.map((one) => (
                <tr key={one.name}>
                  <th scope="row" dir="auto">
                    {versionTitle(one)}
                    <span class="path">{one.madeLiveBy}</span>
                  </th>
                  <td>{one.live ? <Badge kind="good">{t("liveNow")}</Badge> : t("liveUntil", { time: clock(one.replaceTime) })}</td>
                  <td class="figure">{number(one.documentCount)}</td>
                  <td class="row-actions">
                    {one.live ? null : (
                      <button type="button" class="button small" aria-label={t("rollBackNamed", { title: versionTitle(one) })} onClick={() => setWanted(one)}>
                        <DeskIcon name="redo" /> {t("rollBack")}
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
      {wanted ? (
        <Confirm
          title={t("rollBackNamed", { title: versionTitle(wanted) })}
          action={t("rollBack")}
          busy={acting.busy}
          failure={acting.failure}
          onClose={close}
          onConfirm={() => rollBack(wanted)}
        >
          <p>{t("rollBackMore")}</p>
        </Confirm>
      ) : null}
    </section>
  );
}
