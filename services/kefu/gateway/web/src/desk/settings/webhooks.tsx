/** Addresses that are told of what happens, and what was sent to them. */

import { useState } from "preact/hooks";

import { type Delivery, Delivery_State, type Webhook, WebhookEvent } from "../../gen/kefu/router/v1/webhook_pb.ts";
import { Dialog } from "../../shared/dialog.tsx";
import { clock } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useAction, useLoaded } from "../shared/loading.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, Confirm, Empty, FailureNotice, Labelled, Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";

const EVENTS = [WebhookEvent.HANDOFF, WebhookEvent.TURN, WebhookEvent.RATING, WebhookEvent.ESCALATION, WebhookEvent.GOLDEN] as const;

export function WebhooksPage() {
  const { services } = useDesk();
  const [dialog, setDialog] = useState<{ kind: "add" } | { kind: "delete" | "deliveries"; webhook: Webhook } | null>(null);
  const acting = useAction();
  const loaded = useLoaded<readonly Webhook[]>(async (signal) => (await services.webhooks.listWebhooks({}, { signal })).webhooks, [services]);
  const close = () => setDialog(null);
  return (
    <>
      <div class="toolbar">
        <p class="soft">{t("webhooksMore")}</p>
        <button type="button" class="button primary" onClick={() => setDialog({ kind: "add" })}>
          <DeskIcon name="plus" /> {t("addWebhook")}
        </button>
      </div>
      <FailureNotice failure={loaded.failure} retry={loaded.reload} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value?.length === 0 ? <Empty icon="gear" title={t("noWebhooks")} /> : null}
      <ul class="cards">
        {loaded.value?.map((webhook) => (
          <li key={webhook.name} class="card">
            <p class="breakable mono">{webhook.url}</p>
            <div class="card-foot">
              {webhook.events.map((event) => (
                <Badge key={event}>{eventText(event)}</Badge>
              ))}
              <span class="card-actions">
                <button type="button" class="button small" onClick={() => setDialog({ kind: "deliveries", webhook })} aria-label={t("deliveriesOf", { url: webhook.url })}>
                  {t("deliveries")}
                </button>
                <button type="button" class="button small danger" onClick={() => setDialog({ kind: "delete", webhook })} aria-label={t("deleteNamed", { title: webhook.url })}>
                  {t("delete")}
                </button>
              </span>
            </div>
          </li>
        ))}
      </ul>
      {dialog?.kind === "add" ? <AddWebhook onClose={close} onMade={loaded.reload} /> : null}
      {dialog?.kind === "deliveries" ? <Deliveries webhook={dialog.webhook} onClose={close} /> : null}
      {dialog?.kind === "delete" ? (
        <Confirm
          title={t("deleteWebhook")}
          action={t("delete")}
          danger
          busy={acting.busy}
          failure={acting.failure}
          onClose={close}
          onConfirm={() =>
            acting.run(async () => {
              await services.webhooks.deleteWebhook({ name: dialog.webhook.name });
              close();
              loaded.reload();
            })
          }
        >
          <p class="breakable">{t("deleteWebhookMore", { url: dialog.webhook.url })}</p>
        </Confirm>
      ) : null}
    </>
  );
}

function AddWebhook({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const { services } = useDesk();
  const [url, setUrl] = useState("");
  const [events, setEvents] = useState<readonly WebhookEvent[]>([WebhookEvent.HANDOFF]);
  const [secret, setSecret] = useState("");
  const acting = useAction();
  if (secret !== "") {
    return (
      <Dialog kind="box" title={t("secret")} closeLabel={t("close")} onClose={onClose}>
        <Notice kind="warn">{t("secretMore")}</Notice>
        <p class="secret mono breakable">{secret}</p>
        <div class="dialog-actions">
          <button type="button" class="button primary" onClick={onClose}>
            {t("secretKept")}
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog kind="box" title={t("addWebhook")} closeLabel={t("close")} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          acting.run(async () => {
            const made = await services.webhooks.createWebhook({ url, events: [...events] });
            setSecret(made.secret);
            onMade();
          });
        }}
      >
        <Labelled label={t("address")}>
          {(id) => <input id={id} class="field mono" type="url" required maxLength={2000} placeholder="https://" value={url} onInput={(event) => setUrl(event.currentTarget.value)} />}
        </Labelled>
        <fieldset class="plain-fieldset">
          <legend>{t("toldOf")}</legend>
          {EVENTS.map((one) => (
            <label class="check" key={one}>
              <input
                type="checkbox"
                checked={events.includes(one)}
                onChange={(event) => setEvents(event.currentTarget.checked ? [...events, one] : events.filter((other) => other !== one))}
              />{" "}
              {eventText(one)}
            </label>
          ))}
        </fieldset>
        <FailureNotice failure={acting.failure} />
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            {t("cancel")}
          </button>
          <button type="submit" class="button primary" disabled={acting.busy || events.length === 0}>
            {t("create")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Deliveries({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const { services } = useDesk();
  const acting = useAction();
  const loaded = useLoaded<readonly Delivery[]>(
    async (signal) => (await services.webhooks.listDeliveries({ webhook: webhook.name, pageSize: 100 }, { signal })).deliveries,
    [services, webhook.name],
  );
  return (
    <Dialog kind="panel" title={t("deliveries")} closeLabel={t("close")} onClose={onClose}>
      <p class="soft breakable">{webhook.url}</p>
      <FailureNotice failure={loaded.failure ?? acting.failure} retry={loaded.reload} />
      {loaded.value === null && loaded.failure === null ? <Busy /> : null}
      {loaded.value?.length === 0 ? <Empty icon="gear" title={t("noDeliveries")} /> : null}
      <ul class="plain-list rows">
        {loaded.value?.map((one) => (
          <li key={one.name} class="delivery">
            <span>
              <Badge kind={one.state === Delivery_State.DELIVERED ? "good" : one.state === Delivery_State.FAILED ? "danger" : "warn"}>{deliveryText(one)}</Badge>{" "}
              {eventText(one.event)} · {clock(one.createTime)}
              {one.error && one.httpStatus === 0 ? <span class="soft breakable"> · {one.error}</span> : null}
              {one.error && one.nextTime ? <span class="soft"> · {t("nextAttempt", { time: clock(one.nextTime) })}</span> : null}
            </span>
            <button
              type="button"
              class="button small"
              disabled={acting.busy}
              onClick={() =>
                acting.run(async () => {
                  await services.webhooks.redeliver({ name: one.name });
                  loaded.reload();
                })
              }
            >
              <DeskIcon name="redo" /> {t("redeliver")}
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

function deliveryText(delivery: Delivery): string {
  const status = delivery.httpStatus > 0 ? ` · ${delivery.httpStatus}` : "";
  switch (delivery.state) {
    case Delivery_State.DELIVERED:
      return t("delivered") + status;
    case Delivery_State.FAILED:
      return t("givenUp") + status;
    default:
      return t("attempts", { n: delivery.attempts }) + status;
  }
}

function eventText(event: WebhookEvent): string {
  switch (event) {
    case WebhookEvent.HANDOFF:
      return t("eventHandoff");
    case WebhookEvent.TURN:
      return t("eventTurn");
    case WebhookEvent.RATING:
      return t("eventRating");
    case WebhookEvent.ESCALATION:
      return t("eventEscalation");
    case WebhookEvent.GOLDEN:
      return t("eventGolden");
    default:
      return String(event);
  }
}
