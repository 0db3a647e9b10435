/** The company's secrets, by name: a value is written and replaced, and read by nobody. */

import { useState } from "preact/hooks";

import type { Secret } from "../../gen/kefu/router/v1/admin_pb.ts";
import { Dialog } from "../../shared/dialog.tsx";
import { clock } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useAction, useLoaded } from "../shared/loading.ts";
import { lastId } from "../shared/names.ts";
import { useDesk } from "../shared/session.ts";
import { Busy, Confirm, FailureNotice, Labelled, Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";

export function SecretsSection() {
  const { services } = useDesk();
  const [adding, setAdding] = useState(false);
  const [deleting, setDeleting] = useState<Secret | null>(null);
  const [stored, setStored] = useState("");
  const acting = useAction();
  const loaded = useLoaded<readonly Secret[]>(async (signal) => (await services.admin.listSecrets({}, { signal })).secrets, [services]);
  return (
    <section class="stack" aria-label={t("secrets")}>
      <h2>{t("secrets")}</h2>
      <div class="toolbar">
        <p class="soft page-lead">{t("secretsMore")}</p>
        <button type="button" class="button" onClick={() => setAdding(true)}>
          <DeskIcon name="plus" /> {t("addSecret")}
        </button>
      </div>
      {stored !== "" ? <Notice kind="good">{t("secretStored", { name: stored })}</Notice> : null}
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value?.length === 0 ? <p class="none">{t("noSecrets")}</p> : null}
      <ul class="plain-list rows">
        {loaded.value?.map((one) => (
          <li key={one.name}>
            <span class="mono breakable">{lastId(one.name)}</span>
            <span class="soft">{clock(one.updateTime)}</span>
            <button type="button" class="button small danger" aria-label={t("deleteNamed", { title: lastId(one.name) })} onClick={() => setDeleting(one)}>
              {t("delete")}
            </button>
          </li>
        ))}
      </ul>
      {adding ? (
        <AddSecret
          onClose={() => setAdding(false)}
          onStored={(name) => {
            setAdding(false);
            setStored(name);
            loaded.reload();
          }}
        />
      ) : null}
      {deleting ? (
        <Confirm
          title={t("deleteSecret")}
          action={t("delete")}
          danger
          busy={acting.busy}
          failure={acting.failure}
          onClose={() => {
            setDeleting(null);
            acting.clear();
          }}
          onConfirm={() =>
            acting.run(async () => {
              await services.admin.deleteSecret({ name: deleting.name });
              setDeleting(null);
              setStored("");
              loaded.reload();
            })
          }
        >
          <p class="breakable">{t("deleteSecretMore", { name: lastId(deleting.name) })}</p>
        </Confirm>
      ) : null}
    </section>
  );
}

function AddSecret({ onClose, onStored }: { onClose: () => void; onStored: (name: string) => void }) {
  const { services, me } = useDesk();
  const [id, setId] = useState("");
  const [value, setValue] = useState("");
  const acting = useAction();
  return (
    <Dialog kind="box" title={t("addSecret")} closeLabel={t("close")} onClose={onClose}>
      <form
        class="stack"
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          acting.run(async () => {
            await services.admin.putSecret({ name: `tenants/${me.tenant}/secrets/${id}`, value });
            onStored(id);
          });
        }}
      >
        <Labelled label={t("secretId")} hint={t("secretIdHint")}>
          {(control, described) => (
            <input
              id={control}
              class="field mono"
              required
              maxLength={63}
              pattern="[a-z][a-z0-9\-]{0,62}"
              autocomplete="off"
              value={id}
              aria-describedby={described}
              onInput={(event) => setId(event.currentTarget.value)}
            />
          )}
        </Labelled>
        <Labelled label={t("secretValue")} hint={t("secretValueHint")}>
          {(control, described) => (
            <input
              id={control}
              class="field mono"
              type="password"
              required
              autocomplete="new-password"
              value={value}
              aria-describedby={described}
              onInput={(event) => setValue(event.currentTarget.value)}
            />
          )}
        </Labelled>
        <FailureNotice failure={acting.failure} />
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="submit" class="button primary" disabled={acting.busy}>
            {acting.busy ? t("saving") : t("save")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
