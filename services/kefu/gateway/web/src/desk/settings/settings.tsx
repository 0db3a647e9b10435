/** What is set for this person, and for the whole company. */

import { setSound, sound } from "../inbox/alerts.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { may, roleText } from "../shared/permissions.ts";
import { hrefOf, route } from "../shared/route.ts";
import { nameAgent, useDesk } from "../shared/session.ts";
import { PageHead, SubNav } from "../shared/ui.tsx";
import { LanguageSwitch, ThemeSwitch } from "../switches.tsx";
import { listed } from "../../shared/i18n.ts";
import { t } from "../texts.ts";
import { AuditLogPage } from "./audit.tsx";
import { IdentityForm } from "./identity.tsx";
import { TenantForm } from "./tenant.tsx";
import { TenantSettingsPage } from "./tenant_settings.tsx";
import { WebhooksPage } from "./webhooks.tsx";

const TABS = ["desk", "hours", "customers", "webhooks", "audit"] as const;
/** What the tabs need that are not for everybody. */
const NEEDED = { hours: "settings", customers: "admin", webhooks: "admin", audit: "admin" } as const;

export function SettingsPage() {
  const { me } = useDesk();
  const tabs = TABS.filter((one) => one === "desk" || may(me, NEEDED[one]));
  const tab = tabs.find((one) => one === route.value.rest[0]) ?? "desk";
  const labels = { desk: t("thisDesk"), hours: t("hoursAndTexts"), customers: t("identity"), webhooks: t("webhooks"), audit: t("auditLog") };
  return (
    <div class="page">
      <PageHead title={t("settings")} />
      <SubNav label={t("settings")} items={tabs.map((one) => ({ href: hrefOf("settings", one), label: labels[one], current: one === tab }))} />
      {tab === "desk" ? <ThisDesk /> : null}
      {tab === "hours" ? <TenantSettingsPage form={TenantForm} /> : null}
      {tab === "customers" ? <TenantSettingsPage form={IdentityForm} /> : null}
      {tab === "webhooks" ? <WebhooksPage /> : null}
      {tab === "audit" ? <AuditLogPage /> : null}
    </div>
  );
}

function ThisDesk() {
  const { me, agent, config, signOut } = useDesk();
  return (
    <section class="panel-card">
      <dl class="facts">
        <dt>{t("name")}</dt>
        <dd>{agent}</dd>
        <dt>{t("keyOf")}</dt>
        <dd class="breakable">{me.name || me.subject}</dd>
        <dt>{t("tenant")}</dt>
        <dd>{me.tenant}</dd>
        <dt>{t("role")}</dt>
        <dd>{roleText(me)}</dd>
        <dt>{t("scopes")}</dt>
        <dd>{listed(me.scopes)}</dd>
        <dt>{t("version")}</dt>
        <dd>{config.version}</dd>
      </dl>
      <div class="row tools">
        <button type="button" class="button small" onClick={() => nameAgent("")}>
          <DeskIcon name="edit" /> {t("changeName")}
        </button>
        <button type="button" class="button small" aria-pressed={sound.value} onClick={() => setSound(!sound.value)}>
          <DeskIcon name={sound.value ? "bell" : "mute"} /> {sound.value ? t("soundOn") : t("soundOff")}
        </button>
        <LanguageSwitch />
        <ThemeSwitch />
        <button type="button" class="button small" onClick={signOut}>
          <DeskIcon name="leave" /> {t("signOut")}
        </button>
      </div>
    </section>
  );
}
