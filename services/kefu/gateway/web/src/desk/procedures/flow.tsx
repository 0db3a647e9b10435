/** The steps of a procedure as they were understood: nested, each with a sign and a word for what it does. */

import { type ProcedureStep, ProcedureStep_Kind } from "../../gen/kefu/router/v1/procedure_pb.ts";
import { DeskIcon, type DeskIconName } from "../shared/icons.tsx";
import { t } from "../texts.ts";

export interface FlowStep {
  readonly step: ProcedureStep;
  readonly below: FlowStep[];
}

/** A list by depth to steps with those below them. */
export function nestedFlow(flow: readonly ProcedureStep[]): FlowStep[] {
  const top: FlowStep[] = [];
  const open: { readonly depth: number; readonly below: FlowStep[] }[] = [];
  for (const step of flow) {
    while ((open.at(-1)?.depth ?? -1) >= step.depth) open.pop();
    const below: FlowStep[] = [];
    (open.at(-1)?.below ?? top).push({ step, below });
    open.push({ depth: step.depth, below });
  }
  return top;
}

const ICONS: Readonly<Record<ProcedureStep_Kind, DeskIconName>> = {
  [ProcedureStep_Kind.UNSPECIFIED]: "file",
  [ProcedureStep_Kind.ASK]: "question",
  [ProcedureStep_Kind.LOOK_UP]: "search",
  [ProcedureStep_Kind.IF]: "branch",
  [ProcedureStep_Kind.OTHERWISE]: "otherwise",
  [ProcedureStep_Kind.SAY]: "say",
  [ProcedureStep_Kind.DO]: "act",
  [ProcedureStep_Kind.HAND_OVER]: "person",
  [ProcedureStep_Kind.END]: "end",
};

function kindText(kind: ProcedureStep_Kind): string {
  switch (kind) {
    case ProcedureStep_Kind.ASK:
      return t("kindAsk");
    case ProcedureStep_Kind.LOOK_UP:
      return t("kindLookUp");
    case ProcedureStep_Kind.IF:
      return t("kindIf");
    case ProcedureStep_Kind.OTHERWISE:
      return t("kindOtherwise");
    case ProcedureStep_Kind.SAY:
      return t("kindSay");
    case ProcedureStep_Kind.DO:
      return t("kindDo");
    case ProcedureStep_Kind.HAND_OVER:
      return t("kindHandOver");
    case ProcedureStep_Kind.END:
      return t("kindEnd");
    default:
      return t("kindUnknown");
  }
}

export function Flow({ steps, onLine }: { steps: readonly FlowStep[]; onLine: (line: number) => void }) {
  return (
    <ol class="flow">
      {steps.map(({ step, below }, index) => (
        <li key={index}>
          <div class={`flow-step kind-${step.kind}`}>
            <span class="flow-kind">
              <DeskIcon name={ICONS[step.kind] ?? "file"} /> {kindText(step.kind)}
            </span>
            <button type="button" class="flow-line" aria-label={t("goToLine", { n: step.line })} onClick={() => onLine(step.line)}>
              {step.line}
            </button>
            {step.text === "" ? null : (
              <p class="flow-text" dir="auto">
                {step.text}
              </p>
            )}
          </div>
          {below.length > 0 ? <Flow steps={below} onLine={onLine} /> : null}
        </li>
      ))}
    </ol>
  );
}
