/** What was read out of the most pressing message, with priority and queue, in words: nothing is told by colour alone. */

import type { Conversation } from "../../gen/kefu/router/v1/desk_pb.ts";
import type { Triage } from "../../gen/kefu/router/v1/triage_pb.ts";
import { percent } from "../shared/format.ts";
import { Badge } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { intentText, moodText, priorityText, riskText, signalText, urgencyText } from "./words.ts";

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

/** All of it: what was read, and the rules that apply, which are the reasons for what follows from them. */
export function TriageFacts({ triage }: { triage: Triage | undefined }) {
  if (triage === undefined) return null;
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
      <h3>{t("triageTitle")}</h3>
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
            <dd class="breakable">{triage.rules.join(", ")}</dd>
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
