/** Who waits. Several may be chosen, by hand or by the reason why a person was called, and closed together. */

import { useState } from "preact/hooks";

import type { Conversation } from "../../gen/kefu/router/v1/desk_pb.ts";
import { useAction } from "../shared/loading.ts";
import { useDesk } from "../shared/session.ts";
import { Confirm, Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { type Closed, closeAll } from "./bulk_close.ts";
import { Item } from "./item.tsx";
import { queuesOf } from "./triage.tsx";
import { reasonText } from "./words.ts";

const nameOf = (one: Conversation) => one.session?.name ?? "";
const reasonOf = (one: Conversation) => (one.handoff ? reasonText(one.handoff.reason) : t("uninvited"));

export function WaitingList(props: { conversations: readonly Conversation[]; open: string }) {
  const { open } = props;
  const { services, agent } = useDesk();
  const [wanted, setWanted] = useState("");
  const queues = queuesOf(props.conversations);
  const queue = queues.includes(wanted) ? wanted : ""; // a queue that has become empty hides nobody
  const conversations = queue ? props.conversations.filter((one) => one.triage?.queue === queue) : props.conversations;
  const [selecting, setSelecting] = useState(false);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState(false);
  const [progress, setProgress] = useState<Closed | null>(null);
  const [done, setDone] = useState<Closed | null>(null);
  const acting = useAction();
  const names = conversations.map(nameOf).filter((name) => chosen.has(name)); // those that still wait
  const reasons = [...new Set(conversations.map(reasonOf))];

  const begin = (on: boolean) => {
    setSelecting(on);
    setChosen(new Set());
    setDone(null);
  };
  const choose = (name: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(name);
    else next.delete(name);
    setChosen(next);
  };
  const chooseBy = (reason: string) => {
    setChosen(new Set(conversations.filter((one) => reason === "all" || reasonOf(one) === reason).map(nameOf)));
  };
  const close = () => {
    setProgress({ closed: 0, skipped: 0 });
    acting.run(async () => {
      try {
        const so = await closeAll(services, agent, names, setProgress);
        begin(false);
        setDone(so);
        setAsking(false);
      } finally {
        setProgress(null);
      }
    });
  };

  return (
    <>
      <section class="conversations" aria-label={t("waiting")}>
        <div class="conversations-head">
          <h2>
            {t("waiting")} <span class="count">{conversations.length}</span>
          </h2>
          {conversations.length > 1 || selecting ? (
            <button type="button" class="button quiet small" aria-pressed={selecting} onClick={() => begin(!selecting)}>
              {selecting ? t("selectDone") : t("select")}
            </button>
          ) : null}
        </div>
        {queues.length > 0 ? (
          <select class="field" aria-label={t("triageQueue")} value={queue} onChange={(event) => setWanted(event.currentTarget.value)}>
            <option value="">{t("triageAllQueues")}</option>
            {queues.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        ) : null}
        {selecting ? (
          <div class="select-tools">
            <select class="field" aria-label={t("selectBy")} value="" onChange={(event) => chooseBy(event.currentTarget.value)}>
              <option value="" disabled hidden>
                {t("selectBy")}
              </option>
              <option value="all">{t("selectAll")}</option>
              {reasons.map((reason) => (
                <option key={reason} value={reason}>
                  {reason}
                </option>
              ))}
            </select>
            <button type="button" class="button small danger" disabled={names.length === 0} onClick={() => setAsking(true)}>
              {t("closeSelected", { count: names.length })}
            </button>
          </div>
        ) : null}
        {done ? (
          <Notice kind="good">
            {t("closedSelected", { count: done.closed })} {done.skipped > 0 ? t("skippedSelected", { count: done.skipped }) : ""}
          </Notice>
        ) : null}
        {conversations.length === 0 ? (
          <p class="none">{t("nobodyWaits")}</p>
        ) : (
          <ul>
            {conversations.map((one) => {
              const name = nameOf(one);
              const item = <Item conversation={one} open={open} />;
              if (!selecting) return <li key={name}>{item}</li>;
              return (
                <li key={name} class="selectable">
                  <input
                    type="checkbox"
                    aria-label={t("selectConversation", { title: one.session?.title || t("noTitle") })}
                    checked={chosen.has(name)}
                    onChange={(event) => choose(name, event.currentTarget.checked)}
                  />
                  {item}
                </li>
              );
            })}
          </ul>
        )}
      </section>
      {asking ? (
        <Confirm
          title={t("closeSelected", { count: names.length })}
          action={t("closeSelected", { count: names.length })}
          danger
          busy={acting.busy || names.length === 0}
          failure={acting.failure}
          onConfirm={close}
          onClose={() => setAsking(false)}
        >
          <p>{t("closeSelectedMore")}</p>
          {progress ? (
            <p role="status">
              <progress max={names.length + progress.closed + progress.skipped} value={progress.closed + progress.skipped} />{" "}
              {t("closingSelected", { done: progress.closed + progress.skipped, count: names.length + progress.closed + progress.skipped })}
            </p>
          ) : null}
        </Confirm>
      ) : null}
    </>
  );
}
