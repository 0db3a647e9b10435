/** The audit log: who did what to whom and from where, for administrators. */

import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useEffect, useState } from "preact/hooks";

import type { AuditEntry, VerifyAuditResponse } from "../../gen/kefu/router/v1/audit_pb.ts";
import { locale } from "../../shared/i18n.ts";
import { download } from "../shared/csv.ts";
import { number } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useAction, useLoaded } from "../shared/loading.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, Empty, FailureNotice, Labelled, Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { allLines, type AuditFilter, type AuditPage, nextEntries } from "./audit_entries.ts";

const SPANS = [1, 7, 30, 90, 0] as const;

export function AuditLogPage() {
  const { services } = useDesk();
  const [filter, setFilter] = useState<AuditFilter>({ days: 30, actor: "", action: "", failed: false });
  const [more, setMore] = useState<AuditPage>({ entries: [], next: "" });
  const [checked, setChecked] = useState<VerifyAuditResponse | null>(null);
  const acting = useAction();
  const loaded = useLoaded<AuditPage>((signal) => nextEntries(services, filter, "", signal), [services, filter]);
  useEffect(() => {
    setMore({ entries: [], next: loaded.value?.next ?? "" });
  }, [loaded.value]);
  const entries = [...(loaded.value?.entries ?? []), ...more.entries];

  const showMore = async () => {
    const page = await nextEntries(services, filter, more.next);
    setMore((before) => ({ entries: [...before.entries, ...page.entries], next: page.next }));
  };
  return (
    <>
      <div class="toolbar">
        <p class="soft">{t("auditMore")}</p>
        <button type="button" class="button" disabled={acting.busy} onClick={() => acting.run(async () => setChecked(await services.audit.verifyAudit({})))}>
          {t("auditVerify")}
        </button>
        <button
          type="button"
          class="button"
          disabled={acting.busy}
          onClick={() =>
            acting.run(async () => {
              download(`kefu-audit-${new Date().toISOString().slice(0, 10)}.jsonl`, await allLines(services, filter), "application/x-ndjson");
            })
          }
        >
          <DeskIcon name="download" /> {t("auditDownload")}
        </button>
      </div>
      <Filter filter={filter} onChange={setFilter} />
      <FailureNotice failure={loaded.failure ?? acting.failure} retry={loaded.reload} />
      {checked ? <Checked of={checked} /> : null}
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value !== null && entries.length === 0 ? <Empty icon="search" title={t("auditNothing")} /> : null}
      {entries.length > 0 ? <Table entries={entries} /> : null}
      {more.next !== "" ? (
        <button type="button" class="button" disabled={acting.busy} onClick={() => acting.run(showMore)}>
          {t("auditEarlier")}
        </button>
      ) : null}
    </>
  );
}

function Filter({ filter, onChange }: { filter: AuditFilter; onChange: (filter: AuditFilter) => void }) {
  const [actor, setActor] = useState(filter.actor);
  const [action, setAction] = useState(filter.action);
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        onChange({ ...filter, actor: actor.trim(), action: action.trim() });
      }}
    >
      <Labelled label={t("span")}>
        {(id) => (
          <select id={id} class="field" value={filter.days} onChange={(event) => onChange({ ...filter, days: Number(event.currentTarget.value) })}>
            {SPANS.map((span) => (
              <option key={span} value={span}>
                {span === 0 ? t("allKept") : t("lastDays", { count: span })}
              </option>
            ))}
          </select>
        )}
      </Labelled>
      <Labelled label={t("auditWho")}>{(id) => <input id={id} class="field" value={actor} onInput={(event) => setActor(event.currentTarget.value)} />}</Labelled>
      <Labelled label={t("auditWhat")}>
        {(id) => <input id={id} class="field" placeholder="key.create" value={action} onInput={(event) => setAction(event.currentTarget.value)} />}
      </Labelled>
      <label class="check">
        <input type="checkbox" checked={filter.failed} onChange={(event) => onChange({ ...filter, failed: event.currentTarget.checked })} /> {t("auditFailed")}
      </label>
      <button type="submit" class="button">
        <DeskIcon name="search" /> {t("search")}
      </button>
    </form>
  );
}

function Table({ entries }: { entries: readonly AuditEntry[] }) {
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={t("auditLog")}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t("time")}</th>
            <th scope="col">{t("auditWho")}</th>
            <th scope="col">{t("auditWhat")}</th>
            <th scope="col">{t("auditOutcome")}</th>
            <th scope="col">{t("auditTarget")}</th>
            <th scope="col">{t("auditFrom")}</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <Row key={entry.hash} entry={entry} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ entry }: { entry: AuditEntry }) {
  const { me } = useDesk();
  if (entry.sequence === 0n) {
    return (
      <tr>
        <td colSpan={6}>
          <Badge kind="danger">{t("auditUnreadable")}</Badge> <span class="path">{entry.json}</span>
        </td>
      </tr>
    );
  }
  const short = (name: string) => name.replace(`tenants/${me.tenant}/`, ""); // a name of another tenant stays whole
  const details = Object.entries(entry.details).sort();
  return (
    <tr>
      <td>{entry.time ? new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "medium", hour12: false }).format(timestampDate(entry.time)) : ""}</td>
      <th scope="row">
        {entry.actorName || short(entry.actor)}
        {entry.actorName ? <span class="path">{short(entry.actor)}</span> : null}
      </th>
      <td class="mono">{entry.action}</td>
      <td>{entry.outcome === "OK" ? "OK" : <Badge kind="warn">{entry.outcome}</Badge>}</td>
      <td>
        <span class="breakable">{short(entry.target)}</span>
        {details.length > 0 ? <span class="path">{details.map(([name, value]) => `${name}: ${value}`).join(" · ")}</span> : null}
      </td>
      <td>{entry.addressFrom === "peer" ? t("auditPeer", { address: entry.address }) : entry.address || "–"}</td>
    </tr>
  );
}

function Checked({ of }: { of: VerifyAuditResponse }) {
  if (of.brokenSequence > 0n) return <Notice kind="danger">{t("auditBroken", { n: number(of.brokenSequence), problem: of.problem })}</Notice>;
  return (
    <Notice kind={of.problem ? "warn" : "good"}>
      {of.problem ? t("auditUnsealed", { n: number(of.entries), problem: of.problem }) : t("auditWhole", { n: number(of.entries) })}{" "}
      {of.lastHash ? <span class="path mono breakable">{t("auditHash", { hash: of.lastHash })}</span> : null}
    </Notice>
  );
}
