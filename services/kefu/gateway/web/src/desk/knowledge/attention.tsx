/** Documents that want somebody's attention: no longer valid, soon not valid, or cited by no answer. */

import { timestampFromDate } from "@bufbuild/protobuf/wkt";

import type { Document } from "../../gen/kefu/retrieval/v1/knowledge_pb.ts";
import { dateOf } from "../shared/format.ts";
import { useLoaded } from "../shared/loading.ts";
import { collectionId } from "../shared/names.ts";
import { may } from "../shared/permissions.ts";
import { hrefOf } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { Busy, Empty, FailureNotice, Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { neverCited, stale, today } from "./documents_state.ts";
import { listDocuments } from "./documents.tsx";
import { ValidityText } from "./validity_text.tsx";

/** As far back as the server counts at once. */
const DAYS = 92;
const MOST_CITED = 1_000;

export function AttentionPage({ collection }: { collection: string }) {
  const { services, me } = useDesk();
  const documents = useLoaded<readonly Document[]>((signal) => listDocuments(services, collection, signal), [services, collection]);
  const mayCount = may(me, "settings");
  const use = useLoaded<{ cited: ReadonlySet<string>; cut: boolean } | null>(
    async (signal) => {
      if (!mayCount) return null;
      const now = Date.now(); // named, for by the server's clock it would be a moment more than the server counts
      const [startTime, endTime] = [now - DAYS * 86_400_000, now].map((time) => timestampFromDate(new Date(time)));
      const { documents } = await services.insight.listDocumentUse({ startTime, endTime, pageSize: MOST_CITED }, { signal });
      return { cited: new Set(documents.map((one) => one.document)), cut: documents.length >= MOST_CITED };
    },
    [services],
  );
  if (documents.failure) return <FailureNotice failure={documents.failure} retry={documents.reload} />;
  if (documents.value === null) return <Busy />;
  const old = stale(documents.value, today());
  const idle = use.value ? neverCited(documents.value, use.value.cited) : [];
  return (
    <div class="columns">
      <section class="panel-card">
        <h2>
          {t("staleDocuments")} <span class="count">{old.length}</span>
        </h2>
        <p class="soft">{t("staleMore")}</p>
        {old.length === 0 ? <Empty icon="file" title={t("noneStale")} /> : <DocumentList documents={old} validity />}
      </section>
      <section class="panel-card">
        <h2>
          {t("neverCited")} {use.value ? <span class="count">{idle.length}</span> : null}
        </h2>
        <p class="soft">{t("neverCitedMore", { days: DAYS })}</p>
        {mayCount ? null : <Notice kind="warn">{t("noScope", { scope: "settings" })}</Notice>}
        <FailureNotice failure={use.failure} retry={use.reload} />
        {mayCount && use.value === null && use.failure === null ? <Busy /> : null}
        {use.value?.cut ? <Notice kind="warn">{t("neverCitedCut", { n: MOST_CITED })}</Notice> : null}
        {use.value && idle.length === 0 ? <Empty icon="file" title={t("noneIdle")} /> : null}
        <DocumentList documents={idle} />
      </section>
    </div>
  );
}

function DocumentList({ documents, validity }: { documents: readonly Document[]; validity?: boolean }) {
  return (
    <ul class="plain-list rows">
      {documents.slice(0, 200).map((one) => (
        <li key={one.name}>
          <a href={hrefOf("knowledge", collectionId(one.name), "documents", one.name.split("/")[3] ?? "")} dir="auto">
            {one.title || one.path}
          </a>
          <span class="soft">{validity ? <ValidityText document={one} /> : dateOf(one.updateTime)}</span>
        </li>
      ))}
      {documents.length > 200 ? <li class="soft">{t("andMore", { n: documents.length - 200 })}</li> : null}
    </ul>
  );
}
