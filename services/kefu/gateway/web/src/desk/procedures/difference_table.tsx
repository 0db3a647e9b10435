/** The difference of two pages, to read: each line with its numbers, a sign and, for who hears it, a word. */

import { useMemo } from "preact/hooks";

import { Notice } from "../shared/ui.tsx";
import { t } from "../texts.ts";
import { changedLines, differenceOf, type Row } from "./difference.ts";

export function DifferenceTable({ before, after, caption }: { before: string; after: string; caption: string }) {
  const rows = useMemo(() => differenceOf(before, after), [before, after]);
  const changed = changedLines(rows);
  if (changed.added + changed.removed === 0) return <Notice kind="info">{t("sameText")}</Notice>;
  return (
    <div class="stack">
      <p class="soft" role="status">
        {t("linesChanged", changed)}
      </p>
      <div class="table-frame" tabIndex={0} role="region" aria-label={caption}>
        <table class="difference">
          <caption class="unseen">{caption}</caption>
          <thead class="unseen">
            <tr>
              <th scope="col">{t("oldLine")}</th>
              <th scope="col">{t("newLine")}</th>
              <th scope="col">{t("text")}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <Line key={index} row={row} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Line({ row }: { row: Row }) {
  if (row.kind === "folded") {
    return (
      <tr class="folded">
        <td colSpan={3}>{t("linesSame", { count: row.count })}</td>
      </tr>
    );
  }
  return (
    <tr class={row.kind}>
      <td class="figure">{row.kind === "added" ? "" : row.old}</td>
      <td class="figure">{row.kind === "removed" ? "" : row.new}</td>
      <td class="difference-text" dir="auto">
        <Text row={row} />
      </td>
    </tr>
  );
}

function Text({ row }: { row: Exclude<Row, { kind: "folded" }> }) {
  if (row.kind === "same") return <>{`  ${row.text}`}</>;
  const [sign, word] = row.kind === "added" ? ["+", t("lineAdded")] : ["−", t("lineRemoved")];
  const Changed = row.kind === "added" ? "ins" : "del";
  return (
    <Changed>
      <span aria-hidden="true">{sign} </span>
      <span class="unseen">{word} </span>
      {row.text}
    </Changed>
  );
}
