/** What a procedure was before: its revisions, what differs between two of them, and the way back to one. */

import { useState } from "preact/hooks";

import type { Procedure } from "../../gen/kefu/router/v1/procedure_pb.ts";
import { clock } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useAction, useLoaded } from "../shared/loading.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, Confirm, Empty, FailureNotice, Labelled, Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { DifferenceTable } from "./difference_table.tsx";
import type { OpenProcedure } from "./open_procedure.ts";

type Pair = { readonly from: string; readonly to: string };

export function RevisionsPart({ open, dirty }: { open: OpenProcedure; dirty: boolean }) {
  const { services } = useDesk();
  const { stored } = open;
  const [pair, setPair] = useState<Pair | null>(null);
  const [restoring, setRestoring] = useState<Procedure | null>(null);
  const [restored, setRestored] = useState("");
  const acting = useAction();
  const isNew = stored.revision === 0n;
  const loaded = useLoaded<readonly Procedure[]>(
    async (signal) => (isNew ? [] : (await services.procedures.listProcedureRevisions({ name: stored.name }, { signal })).procedures),
    [services, stored.name, stored.revision],
  );
  const revisions = loaded.value ?? [];
  const shown = pair ?? lastChange(revisions);
  const close = () => {
    setRestoring(null);
    acting.clear();
  };
  const restore = (of: Procedure) => {
    acting.run(async () => {
      const { procedure } = await services.procedures.putProcedure({ procedure: { name: stored.name, page: of.page }, revision: stored.revision });
      if (procedure === undefined) return;
      open.settle(procedure, procedure.page);
      setRestored(String(procedure.revision));
      setPair(null);
      setRestoring(null);
    });
  };
  return (
    <>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {restored !== "" ? <Notice kind="good">{t("restored", { n: restored })}</Notice> : null}
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value?.length === 0 ? <Empty icon="clock" title={t("noRevisions")} /> : null}
      {revisions.length > 0 ? (
        <>
          <p class="soft">{t("revisionsMore")}</p>
          <RevisionTable revisions={revisions} onCompare={setPair} onRestore={setRestoring} />
        </>
      ) : null}
      {shown !== null ? <Comparison revisions={revisions} pair={shown} onChange={setPair} /> : null}
      {restoring ? (
        <Confirm
          title={t("restoreTitle", { n: String(restoring.revision) })}
          action={t("restore")}
          busy={acting.busy}
          failure={acting.failure}
          onClose={close}
          onConfirm={() => restore(restoring)}
        >
          <p>{t("restoreMore")}</p>
          {dirty ? <Notice kind="warn">{t("restoreUnsaved")}</Notice> : null}
        </Confirm>
      ) : null}
    </>
  );
}

/** What the newest revision changed. */
function lastChange([newest, before]: readonly Procedure[]): Pair | null {
  return newest && before ? { from: String(before.revision), to: String(newest.revision) } : null;
}

interface TableProps {
  readonly revisions: readonly Procedure[];
  readonly onCompare: (pair: Pair) => void;
  readonly onRestore: (revision: Procedure) => void;
}

function RevisionTable({ revisions, onCompare, onRestore }: TableProps) {
  const { me } = useDesk();
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={t("revisions")}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t("revision")}</th>
            <th scope="col">{t("changed")}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {revisions.map((one, index) => {
            const n = String(one.revision);
            const before = revisions[index + 1];
            return (
              <tr key={n}>
                <th scope="row" class="revision-number">
                  {n} {index === 0 ? <Badge kind="good">{t("current")}</Badge> : null}
                </th>
                <td>
                  {clock(one.updateTime)}
                  <span class="path">{one.author.replace(`tenants/${me.tenant}/`, "")}</span>
                </td>
                <td class="row-actions">
                  {before ? (
                    <button type="button" class="button small" aria-label={t("whatChangedIn", { n })} onClick={() => onCompare({ from: String(before.revision), to: n })}>
                      {t("whatChanged")}
                    </button>
                  ) : null}
                  {index > 0 ? (
                    <button type="button" class="button small" aria-label={t("restoreNamed", { n })} onClick={() => onRestore(one)}>
                      <DeskIcon name="redo" /> {t("restore")}
                    </button>
                  ) : null}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Comparison({ revisions, pair, onChange }: { revisions: readonly Procedure[]; pair: Pair; onChange: (pair: Pair) => void }) {
  const pageOf = (n: string) => revisions.find((one) => String(one.revision) === n)?.page ?? "";
  const picker = (label: string, value: string, pick: (n: string) => Pair) => (
    <Labelled label={label}>
      {(id) => (
        <select id={id} class="field" value={value} onChange={(event) => onChange(pick(event.currentTarget.value))}>
          {revisions.map((one) => (
            <option key={String(one.revision)} value={String(one.revision)}>
              {`${one.revision} · ${clock(one.updateTime)}`}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
  return (
    <section class="stack" aria-label={t("difference")}>
      <h2>{t("difference")}</h2>
      <div class="row">
        {picker(t("fromRevision"), pair.from, (from) => ({ ...pair, from }))}
        {picker(t("toRevision"), pair.to, (to) => ({ ...pair, to }))}
      </div>
      <DifferenceTable before={pageOf(pair.from)} after={pageOf(pair.to)} caption={t("differenceBetween", pair)} />
    </section>
  );
}
