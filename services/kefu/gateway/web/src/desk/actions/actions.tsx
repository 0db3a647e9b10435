/** What Kefu can look up and do in the company's systems, to read; for administrators also to try, with its secrets. */

import { useState } from "preact/hooks";

import type { Action } from "../../gen/kefu/router/v1/action_pb.ts";
import { number } from "../shared/format.ts";
import { useLoaded } from "../shared/loading.ts";
import { lastId } from "../shared/names.ts";
import { may } from "../shared/permissions.ts";
import { useDesk } from "../shared/session.ts";
import { titleOf } from "../procedures/titles.ts";
import { Badge, Busy, Empty, FailureNotice } from "../shared/ui.tsx";
import { listed } from "../../shared/i18n.ts";
import { t } from "../texts.ts";
import { ActionPanel } from "./action_panel.tsx";
import { askedByText, hostOf, riskText } from "./action_words.ts";
import { SecretsSection } from "./secrets.tsx";

export function ActionsPage() {
  const { services, me } = useDesk();
  const [open, setOpen] = useState<Action | null>(null);
  const loaded = useLoaded<readonly Action[]>(async (signal) => (await services.actions.listActions({}, { signal })).actions, [services]);
  return (
    <>
      <p class="soft page-lead">{t("actionsMore")}</p>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value?.length === 0 ? (
        <Empty icon="act" title={t("noActions")}>
          {t("noActionsMore")}
        </Empty>
      ) : null}
      {loaded.value !== null && loaded.value.length > 0 ? (
        <div class="table-frame" tabIndex={0} role="region" aria-label={t("actions")}>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t("action")}</th>
                <th scope="col">{t("risk")}</th>
                <th scope="col">{t("calls")}</th>
                <th scope="col">{t("inputs")}</th>
                <th scope="col">{t("askedBy")}</th>
                <th scope="col" class="figure">
                  {t("revision")}
                </th>
              </tr>
            </thead>
            <tbody>
              {loaded.value.map((one) => (
                <Row key={one.name} of={one} onOpen={() => setOpen(one)} />
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
      {may(me, "admin") ? <SecretsSection /> : null}
      {open ? <ActionPanel of={open} onClose={() => setOpen(null)} /> : null}
    </>
  );
}

function Row({ of, onOpen }: { of: Action; onOpen: () => void }) {
  const risk = of.change?.risk ?? "";
  return (
    <tr>
      <th scope="row" class="action-name">
        <button type="button" class="button small breakable" onClick={onOpen}>
          {titleOf(of)}
        </button>
        <span class="path">{lastId(of.name)}</span>
      </th>
      <td>
        <Badge kind={risk === "" ? "plain" : risk === "money" ? "danger" : "warn"}>{riskText(risk)}</Badge>
      </td>
      <td class="wrapping">{hostOf(of)}</td>
      <td class="wrapping">{listed(of.inputs.map((input) => input.name)) || "–"}</td>
      <td class="wrapping">{askedByText(of)}</td>
      <td class="figure">{number(of.revision)}</td>
    </tr>
  );
}
