/** The last runs of a source, what became of its documents in one, and the decision over a held one. */

import { useState } from "preact/hooks";

import { type DocumentOutcome, type Source, type Sync, Sync_State as State } from "../../../gen/kefu/retrieval/v1/source_pb.ts";
import { Dialog } from "../../../shared/dialog.tsx";
import { DifferenceTable } from "../../procedures/difference_table.tsx";
import { clock } from "../../shared/format.ts";
import { useAction, useLoaded } from "../../shared/loading.ts";
import { useDesk } from "../../shared/session.ts";
import { Busy, FailureNotice, Notice } from "../../shared/ui.tsx";
import { t } from "../../texts.ts";
import { countsText, outcomeOf, stateText, titleOf } from "./words.ts";

const OUTCOMES = 500;

interface Texts {
  readonly address: string;
  readonly old: string;
  readonly new: string;
}

export function RunsDialog({ source, onClose }: { source: Source; onClose: () => void }) {
  const { services } = useDesk();
  const [chosen, setChosen] = useState("");
  const acting = useAction();
  const loaded = useLoaded<readonly Sync[]>(async (signal) => (await services.sources.listSyncs({ source: source.name }, { signal })).syncs, [services, source.name]);
  const syncs = loaded.value ?? [];
  const shown = syncs.find((one) => one.name === chosen) ?? syncs.find((one) => one.state === State.HELD) ?? syncs[0];
  const decide = (call: () => Promise<unknown>) => {
    acting.run(async () => {
      await call();
      onClose();
    });
  };
  return (
    <Dialog kind="box" title={t("sourceRuns", { name: titleOf(source) })} closeLabel={t("close")} onClose={onClose}>
      <FailureNotice failure={loaded.failure ?? acting.failure} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value?.length === 0 ? <p>{t("sourceNever")}</p> : null}
      {shown ? (
        <div class="stack">
          <label class="picker">
            <span class="soft">{t("syncBegan")}</span>
            <select class="field" value={shown.name} onChange={(event) => setChosen(event.currentTarget.value)}>
              {syncs.map((one) => (
                <option key={one.name} value={one.name}>
                  {clock(one.startTime ?? one.createTime)} – {stateText(one)}
                </option>
              ))}
            </select>
          </label>
          {shown.message !== "" ? <Notice kind={shown.state === State.DONE ? "info" : "warn"}>{shown.message}</Notice> : null}
          <p>
            {stateText(shown)}: {countsText(shown)}
          </p>
          <Outcomes key={shown.name} sync={shown} />
          {shown.state === State.HELD ? (
            <div class="dialog-actions">
              <button type="button" class="button" disabled={acting.busy} onClick={() => decide(() => services.sources.dismissSync({ name: shown.name }))}>
                {t("sourceDismiss")}
              </button>
              <button type="button" class="button primary" disabled={acting.busy} onClick={() => decide(() => services.sources.approveSync({ name: shown.name }))}>
                {t("sourceApprove")}
              </button>
            </div>
          ) : null}
        </div>
      ) : null}
    </Dialog>
  );
}

function Outcomes({ sync }: { sync: Sync }) {
  const { services } = useDesk();
  const [texts, setTexts] = useState<Texts | null>(null);
  const acting = useAction();
  const loaded = useLoaded<readonly DocumentOutcome[]>(
    async (signal) => (await services.sources.getSync({ name: sync.name, pageSize: OUTCOMES }, { signal })).outcomes,
    [services, sync.name],
  );
  const compare = (address: string) => {
    acting.run(async () => {
      const found = await services.sources.compareSyncDocument({ name: sync.name, address });
      setTexts({ address, old: found.oldText, new: found.newText });
    });
  };
  const outcomes = loaded.value ?? [];
  return (
    <>
      <FailureNotice failure={loaded.failure ?? acting.failure} />
      {texts ? <DifferenceTable before={texts.old} after={texts.new} caption={t("sourceDifference", { address: texts.address })} /> : null}
      {outcomes.length > 0 ? (
        <div class="table-frame" tabIndex={0} role="region" aria-label={t("syncOutcomeAddress")}>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t("syncOutcomeAddress")}</th>
                <th scope="col">{t("syncOutcomeWhy")}</th>
              </tr>
            </thead>
            <tbody>
              {outcomes.map((one) => (
                <tr key={one.address}>
                  <th scope="row">
                    {one.address}
                    {one.movedFrom === "" ? null : <span class="path">{t("syncOutcomeMovedFrom", { address: one.movedFrom })}</span>}
                  </th>
                  <td>
                    {outcomeOf(one.outcome)} <span class="path">{one.reason}</span>
                    {sync.state === State.HELD && one.outcome <= 4 ? (
                      <button type="button" class="button small" onClick={() => compare(one.address)}>
                        {t("sourceCompare")}
                      </button>
                    ) : null}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </>
  );
}
