/** What is wrong with a page, by line; activating a finding leads to its line. */

import type { ProcedureFinding } from "../../gen/kefu/router/v1/procedure_pb.ts";
import { Icon } from "../../shared/icons.tsx";
import { t } from "../texts.ts";

/** "1 error, 2 warnings", or that there is nothing. */
export function findingsText(findings: readonly ProcedureFinding[]): string {
  if (findings.length === 0) return t("noFindings");
  const errors = findings.filter((one) => one.isError).length;
  const parts = { errors: t("errorCount", { count: errors }), warnings: t("warningCount", { count: findings.length - errors }) };
  return t("findingsAre", parts);
}

export function Findings({ findings, onLine }: { findings: readonly ProcedureFinding[]; onLine: (line: number) => void }) {
  return (
    <ul class="findings">
      {findings.map((one, index) => (
        <li key={index}>
          <button type="button" class={one.isError ? "finding is-error" : "finding"} onClick={() => onLine(one.line)}>
            <Icon name={one.isError ? "close" : "alert"} />
            <span>
              <strong>{one.isError ? t("lineError", { n: one.line }) : t("lineWarning", { n: one.line })}</strong> <span lang="en">{one.text}</span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
