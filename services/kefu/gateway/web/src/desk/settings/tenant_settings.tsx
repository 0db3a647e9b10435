/** A page of a form over the tenant's settings: reads them, shows the form, and says that it was saved. */

import type { ComponentType } from "preact";
import { useState } from "preact/hooks";

import type { GetTenantSettingsResponse } from "../../gen/kefu/router/v1/admin_pb.ts";
import { clock } from "../shared/format.ts";
import { useLoaded } from "../shared/loading.ts";
import { useDesk } from "../shared/session.ts";
import { Busy, FailureNotice, Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";

/** What a form is given: the settings as they were read, and whom to tell that others were saved. */
export interface SettingsFormProps {
  read: GetTenantSettingsResponse;
  onSaved: () => void;
}

export function TenantSettingsPage({ form: Form }: { form: ComponentType<SettingsFormProps> }) {
  const { me, services } = useDesk();
  const loaded = useLoaded<GetTenantSettingsResponse>((signal) => services.admin.getTenantSettings({}, { signal }), [services]);
  const [saved, setSaved] = useState(false);
  if (loaded.failure) return <FailureNotice failure={loaded.failure} retry={loaded.reload} />;
  if (loaded.value === null) return <Busy />;
  const trust = loaded.value.trustRevision;
  const onSaved = () => {
    setSaved(true);
    loaded.reload();
  };
  return (
    <>
      {saved ? <Notice kind="good">{t("saved")}</Notice> : null}
      {trust ? <Notice kind="info">{t("trustChanged", { when: clock(trust.createTime), who: trust.author.replace(`tenants/${me.tenant}/`, "") })}</Notice> : null}
      <Form key={String(loaded.value.revision)} read={loaded.value} onSaved={onSaved} />
    </>
  );
}
