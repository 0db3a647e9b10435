/** Scripted customers go through a page: how many of them it failed, why, and each conversation to read. */

import { useState } from "preact/hooks";

import type { SimulatedConversation, SimulatedConversation_Message, SimulateProcedureResponse } from "../../gen/kefu/router/v1/procedure_pb.ts";
import { language, listed } from "../../shared/i18n.ts";
import { Icon } from "../../shared/icons.tsx";
import { markdown } from "../../shared/markdown.tsx";
import { number } from "../shared/format.ts";
import { DeskIcon } from "../shared/icons.tsx";
import { useAction } from "../shared/loading.ts";
import { useDesk } from "../shared/session.ts";
import { Badge, Busy, FailureNotice, Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";

type Simulated = { readonly page: string; readonly response: SimulateProcedureResponse };

export function SimulationPart({ page }: { page: string }) {
  const { services } = useDesk();
  const [simulated, setSimulated] = useState<Simulated | null>(null);
  const acting = useAction();
  const simulate = () => {
    acting.run(async () => {
      setSimulated({ page, response: await services.procedures.simulateProcedure({ page, language: language.value }) });
    });
  };
  return (
    <>
      <div class="toolbar">
        <p class="soft page-lead">{t("simulationMore")}</p>
        <button type="button" class="button primary" disabled={acting.busy} onClick={simulate}>
          <DeskIcon name="say" /> {t("simulate")}
        </button>
      </div>
      <FailureNotice failure={acting.failure} />
      {acting.busy ? <Busy label={t("simulating")} /> : null}
      {simulated !== null && !acting.busy ? <Result of={simulated} /> : null}
    </>
  );
}

function Result({ of: { page, response } }: { of: Simulated }) {
  const { conversations, wrong, unreached } = response;
  const counted = t("simulated", { count: conversations.length });
  const lines = page.split("\n");
  const ordered = [...conversations.filter((one) => one.problems.length > 0), ...conversations.filter((one) => one.problems.length === 0)];
  return (
    <>
      <Notice kind={wrong > 0 ? "warn" : "good"}>
        {wrong > 0 ? t("simulatedWrong", { conversations: counted, wrong: number(wrong) }) : t("simulatedGood", { conversations: counted })}
      </Notice>
      <section class="stack" aria-label={t("unreached")}>
        <h2>{t("unreached")}</h2>
        {unreached.length === 0 ? <p class="soft">{t("allReached")}</p> : null}
        <ul class="plain-list">
          {unreached.map((line) => (
            <li key={line} class="breakable">
              <strong>{t("lineIs", { n: line })}</strong> <span dir="auto">{lines[line - 1]?.trim() ?? ""}</span>
            </li>
          ))}
        </ul>
      </section>
      <section class="stack" aria-label={t("conversations")}>
        <h2>{t("conversations")}</h2>
        <ul class="cards">
          {ordered.map((one, index) => (
            <li key={index} class="card">
              <Conversation of={one} />
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

function Conversation({ of }: { of: SimulatedConversation }) {
  const bad = of.problems.length > 0;
  const situation = Object.entries(of.situation).sort();
  return (
    <details open={bad}>
      <summary class="simulated-head">
        <span class="mono breakable">{of.customer}</span> <Badge kind={bad ? "danger" : "good"}>{bad ? t("wentWrong") : t("wentWell")}</Badge>{" "}
        <span class="soft breakable">{situation.map(([name, value]) => `${name}: ${value}`).join(" · ")}</span>
      </summary>
      <ul class="problems">
        {of.problems.map((problem) => (
          <li key={problem} lang="en">
            <Icon name="alert" /> {problem}
          </li>
        ))}
      </ul>
      <ol class="messages">
        {of.messages.map((message, index) => (
          <li key={index} class={`message from-${message.isCustomer ? "customer" : "kefu"}`}>
            <Said message={message} />
          </li>
        ))}
      </ol>
      <dl class="facts">
        <dt>{t("outcome")}</dt>
        <dd>{outcomeText(of.outcome)}</dd>
        {of.changes.length > 0 ? (
          <>
            <dt>{t("changesMade")}</dt>
            <dd class="mono">{listed(of.changes)}</dd>
          </>
        ) : null}
      </dl>
    </details>
  );
}

function Said({ message }: { message: SimulatedConversation_Message }) {
  return (
    <>
      <p class="message-head">{message.isCustomer ? t("customer") : t("kefu")}</p>
      <div class={message.isCustomer ? "message-text" : ""} dir="auto">
        {message.isCustomer ? message.text : markdown(message.text)}
      </div>
      {message.choices.length > 0 ? (
        <p class="badges">
          <span class="soft">{t("offered")}:</span>
          {message.choices.map((choice) => (
            <Badge key={choice}>{choice}</Badge>
          ))}
        </p>
      ) : null}
    </>
  );
}

function outcomeText(outcome: string): string {
  const words: Readonly<Record<string, string>> = {
    changed: t("outcomeChanged"),
    answered: t("outcomeAnswered"),
    person: t("outcomePerson"),
    asked: t("outcomeAsked"),
  };
  return words[outcome] ?? outcome;
}
