/** The procedures of the company, and how a new one is begun. */

import { useState } from "preact/hooks";

import type { Procedure } from "../../gen/kefu/router/v1/procedure_pb.ts";
import { Dialog } from "../../shared/dialog.tsx";
import { clock, number } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useLoaded } from "../shared/loading.ts";
import { lastId } from "../shared/names.ts";
import { go, hrefOf } from "../shared/route.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, Empty, FailureNotice, Labelled } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { draftIds, keepDraft } from "./drafts.ts";
import { PLACEHOLDER, templatePage } from "./templates.ts";
import { titleOf } from "./titles.ts";

export function ProcedureList() {
  const { services, me } = useDesk();
  const [adding, setAdding] = useState(false);
  const loaded = useLoaded<readonly Procedure[]>(async (signal) => (await services.procedures.listProcedures({}, { signal })).procedures, [services]);
  const procedures = loaded.value ?? [];
  const stored = procedures.map((one) => lastId(one.name));
  const drafts = draftIds(me.tenant);
  const fresh = loaded.value === null ? [] : drafts.filter((id) => !stored.includes(id));
  return (
    <>
      <div class="toolbar">
        <p class="soft page-lead">{t("proceduresMore")}</p>
        {loaded.value === null ? null : ( // a name that is taken is known only then
          <button type="button" class="button primary" onClick={() => setAdding(true)}>
            <DeskIcon name="plus" /> {t("newProcedure")}
          </button>
        )}
      </div>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value !== null && stored.length + fresh.length === 0 ? (
        <Empty icon="flow" title={t("noProcedures")}>
          {t("noProceduresMore")}
        </Empty>
      ) : null}
      {stored.length + fresh.length > 0 ? (
        <div class="table-frame" tabIndex={0} role="region" aria-label={t("procedures")}>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t("procedure")}</th>
                <th scope="col">{t("stateOf")}</th>
                <th scope="col" class="figure">
                  {t("revision")}
                </th>
                <th scope="col">{t("changed")}</th>
              </tr>
            </thead>
            <tbody>
              {fresh.map((id) => (
                <tr key={id}>
                  <Name id={id} title={id} />
                  <td>
                    <Badge kind="warn">{t("notStored")}</Badge>
                  </td>
                  <td class="figure">–</td>
                  <td>–</td>
                </tr>
              ))}
              {procedures.map((one) => (
                <tr key={one.name}>
                  <Name id={lastId(one.name)} title={titleOf(one)} />
                  <td>
                    <State of={one} unsaved={drafts.includes(lastId(one.name))} />
                  </td>
                  <td class="figure">{number(one.revision)}</td>
                  <td>{clock(one.updateTime)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
      {adding ? <NewProcedure taken={[...stored, ...fresh]} onClose={() => setAdding(false)} /> : null}
    </>
  );
}

function Name({ id, title }: { id: string; title: string }) {
  return (
    <th scope="row">
      <a class="breakable" dir="auto" href={hrefOf("procedures", "pages", id)}>
        {title}
      </a>
      <span class="path">{id}</span>
    </th>
  );
}

function State({ of, unsaved }: { of: Procedure; unsaved: boolean }) {
  const errors = of.findings.filter((one) => one.isError).length;
  const warnings = of.findings.length - errors;
  return (
    <span class="badges">
      {errors > 0 ? <Badge kind="danger">{t("errorCount", { count: errors })}</Badge> : null}
      {warnings > 0 ? <Badge kind="warn">{t("warningCount", { count: warnings })}</Badge> : null}
      {errors + warnings === 0 ? <Badge kind="good">{t("inForce")}</Badge> : null}
      {unsaved ? <Badge kind="accent">{t("unsaved")}</Badge> : null}
    </span>
  );
}

/** A new procedure is a draft until it is saved. */
function NewProcedure({ taken, onClose }: { taken: readonly string[]; onClose: () => void }) {
  const { services, me } = useDesk();
  const [id, setId] = useState("");
  const [action, setAction] = useState("");
  const [wrong, setWrong] = useState(false);
  const actions = useLoaded(async (signal) => (await services.actions.listActions({}, { signal })).actions, [services]);
  const doing = (actions.value ?? []).filter((one) => one.change !== undefined);
  const begin = () => {
    if (taken.includes(id)) {
      setWrong(true);
      return;
    }
    keepDraft(me.tenant, id, { page: templatePage(action), revision: 0n });
    go("procedures", "pages", id);
  };
  return (
    <Dialog kind="box" title={t("newProcedure")} closeLabel={t("close")} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          begin();
        }}
      >
        <Labelled label={t("procedureName")} hint={t("procedureNameHint")} error={wrong ? t("procedureExists") : undefined}>
          {(control, described, invalid) => (
            <input
              id={control}
              class="field mono"
              required
              maxLength={63}
              pattern="[a-z][a-z0-9\-]{0,62}"
              value={id}
              aria-invalid={invalid}
              aria-describedby={described}
              onInput={(event) => {
                setId(event.currentTarget.value);
                setWrong(false);
              }}
            />
          )}
        </Labelled>
        <Labelled label={t("mainAction")} hint={t("mainActionHint", { placeholder: PLACEHOLDER })}>
          {(control, described) => (
            <select id={control} class="field" value={action} aria-describedby={described} onChange={(event) => setAction(event.currentTarget.value)}>
              <option value="">{t("actionLater")}</option>
              {doing.map((one) => (
                <option key={one.name} value={lastId(one.name)}>
                  {titleOf(one)}
                </option>
              ))}
            </select>
          )}
        </Labelled>
        <FailureNotice failure={actions.failure} retry={actions.reload} />
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="submit" class="button primary">
            {t("create")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
