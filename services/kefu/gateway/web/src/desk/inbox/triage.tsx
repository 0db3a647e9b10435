/** What was read out of the customer's messages, with priority and queue, in words: nothing is told by colour alone. */

import type { Turn } from "../../gen/kefu/router/v1/chat_pb.ts";
import type { Conversation } from "../../gen/kefu/router/v1/desk_pb.ts";
import type { Triage } from "../../gen/kefu/router/v1/triage_pb.ts";
import { percent } from "../shared/format.ts";
import { Badge } from "../shared/ui.tsx";
import { listed } from "../../shared/i18n.ts";
import { t } from "../texts.ts";
import { lastRead, readFrom } from "./conversation_state.ts";
import { intentText, moodText, priorityText, riskText, signalText, urgencyText } from "./words.ts";

const MOST_QUOTED = 120;

/** The queues that these conversations belong to, by name. */
export function queuesOf(conversations: readonly Conversation[]): string[] {
  return [...new Set(conversations.map((one) => one.triage?.queue ?? "").filter((queue) => queue !== ""))].sort();
}

/** Priority and queue, where a rule gave them. */
export function TriageBadges({ triage }: { triage: Triage | undefined }) {
  if (triage === undefined) return null;
  const { priority, queue } = triage;
  return (
    <>
      {priority === "normal" || priority === "" ? null : (
        <Badge kind={priority === "urgent" ? "danger" : priority === "high" ? "warn" : "plain"}>
          {t("triagePriority")}: {priorityText(priority)}
        </Badge>
      )}
      {queue ? (
        <Badge>
          {t("triageQueue")}: <span dir="auto">{queue}</span>
        </Badge>
      ) : null}
    </>
  );
}

/**
 * What was read out of the customer's last question, and out of a more pressing one before it, which priority and queue go by.
 * `triage`: of the most pressing message.
 */
export function TriageFacts({ triage, turns }: { triage: Triage | undefined; turns: readonly Turn[] }) {
  const last = lastRead(turns);
  const pressing = triage && readFrom(turns, triage);
  if (last?.triage === undefined || last === pressing) return triage ? <Reading title={t("triageTitle")} of={triage} message={pressing?.question} /> : null;
  return (
    <>
      <Reading title={t("triageTitle")} of={last.triage} message={last.question} />
      {triage && saysMore(triage, last.triage) ? <Reading title={t("triagePressing")} of={triage} message={pressing?.question} /> : null}
    </>
  );
}

const URGENCIES = ["low", "normal", "high", "critical"];

/** Whether one reading is of use beside another one. */
function saysMore(triage: Triage, than: Triage): boolean {
  return triage.rules.length + triage.signals.length > 0 || triage.abuse || URGENCIES.indexOf(triage.urgency) > URGENCIES.indexOf(than.urgency);
}

/** One message's: what was read, and the rules that apply, which are the reasons for what follows from them. */
function Reading({ title, of: triage, message }: { title: string; of: Triage; message: string | undefined }) {
  const facts: [string, string][] = [
    [t("triageIntent"), triage.intent ? `${intentText(triage.intent)} (${percent(triage.likelihood)})` : t("triageUnknown")],
    [t("triageUrgency"), urgencyText(triage.urgency)],
    [t("triageMood"), moodText(triage.mood)],
  ];
  if (triage.abuse) facts.push([t("triageAbuse"), t("triageYes")]);
  if (triage.priority !== "" && triage.priority !== "normal") facts.push([t("triagePriority"), priorityText(triage.priority)]);
  if (triage.queue) facts.push([t("triageQueue"), triage.queue]);
  if (triage.actionRisk) facts.push([t("triageRisk"), riskText(triage.actionRisk)]);
  if (triage.needsPerson) facts.push([t("triagePerson"), t("triageYes")]);
  return (
    <section>
      <h3>{title}</h3>
      {message ? (
        <p class="soft breakable" dir="auto">
          {t("triageOf", { message: shortened(message) })}
        </p>
      ) : null}
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="breakable" dir="auto">
              {value}
            </dd>
          </div>
        ))}
        {triage.rules.length > 0 ? (
          <div>
            <dt>{t("triageRules")}</dt>
            <dd class="breakable">{listed(triage.rules)}</dd>
          </div>
        ) : null}
      </dl>
      {triage.signals.length > 0 ? (
        <>
          <p>{t("triageSignals")}</p>
          <ul class="tried">
            {triage.signals.map((signal) => (
              <li key={signal.kind}>{signalText(signal.kind, signal.count)}</li>
            ))}
          </ul>
        </>
      ) : null}
      {triage.compared ? null : <p class="soft">{t("triageWordsAlone")}</p>}
    </section>
  );
}

function shortened(message: string): string {
  return message.length > MOST_QUOTED ? `${message.slice(0, MOST_QUOTED).trimEnd()}…` : message;
}
