/**
 * Bars, drawn as SVG. A chart library would be fifteen to seventy kilobytes for what is a few rectangles here, and would
 * draw on a canvas that no screen reader reads. Each chart has its table beside it.
 */

import { useId, useState } from "preact/hooks";

import { number } from "../shared/format.ts";
import { listed } from "../../shared/i18n.ts";
import { t } from "../texts.ts";
import { niceMost } from "./scale.ts";

export interface Series {
  readonly name: string;
  /** Which of the chart's colours, from 1. */
  readonly color: 1 | 2 | 3 | 4 | 5;
  readonly values: readonly number[];
}

interface ChartProps {
  readonly title: string;
  /** One a bar. */
  readonly labels: readonly string[];
  readonly series: readonly Series[];
  /** Bars of a label stand on each other; else beside each other. */
  readonly stacked?: boolean;
  readonly format?: (value: number) => string;
}

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [640, 220, 52, 26, 10];

export function BarChart({ title, labels, series, stacked = false, format = number }: ChartProps) {
  const id = useId();
  const [table, setTable] = useState(false);
  const heights = labels.map((_, at) => series.map((one) => one.values[at] ?? 0));
  const most = niceMost(Math.max(0, ...heights.map((values) => (stacked ? sum(values) : Math.max(0, ...values)))));
  const y = (value: number) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - TOP);
  const step = (WIDTH - LEFT) / Math.max(1, labels.length);
  const gap = Math.min(8, step * 0.25);
  const every = Math.ceil(labels.length / 12);
  return (
    <figure class="chart" aria-labelledby={id}>
      <figcaption class="chart-head">
        <h2 id={id}>{title}</h2>
        <button type="button" class="button quiet small" aria-expanded={table} onClick={() => setTable(!table)}>
          {table ? t("asChart") : t("asTable")}
        </button>
      </figcaption>
      {series.length > 1 ? (
        <ul class="legend" aria-hidden="true">
          {series.map((one) => (
            <li key={one.name}>
              <span class={`swatch color-${one.color}`} /> {one.name}
            </li>
          ))}
        </ul>
      ) : null}
      {table ? null : (
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={described(title, labels, series, format)}>
          {[0, 0.5, 1].map((part) => (
            <g key={part} class="axis">
              <line x1={LEFT} x2={WIDTH} y1={y(most * part)} y2={y(most * part)} />
              <text x={LEFT - 8} y={y(most * part) + 4} text-anchor="end">
                {format(most * part)}
              </text>
            </g>
          ))}
          {labels.map((label, at) => {
            const left = LEFT + at * step + gap / 2;
            const values = heights[at] ?? [];
            const width = (step - gap) / (stacked ? 1 : series.length);
            return (
              <g key={label}>
                <title>{`${label}: ${listed(series.map((one, index) => `${one.name} ${format(values[index] ?? 0)}`))}`}</title>
                <rect class="hover" x={LEFT + at * step} y={TOP} width={step} height={HEIGHT - BOTTOM - TOP} />
                {series.map((one, index) => {
                  const below = stacked ? sum(values.slice(0, index)) : 0;
                  const value = values[index] ?? 0;
                  return (
                    <rect
                      key={one.name}
                      class={`bar color-${one.color}`}
                      x={stacked ? left : left + index * width}
                      y={y(below + value)}
                      width={Math.max(1, width)}
                      height={Math.max(0, y(below) - y(below + value))}
                    />
                  );
                })}
                {at % every === 0 ? (
                  <text class="tick" x={LEFT + at * step + step / 2} y={HEIGHT - 8} text-anchor="middle">
                    {label}
                  </text>
                ) : null}
              </g>
            );
          })}
        </svg>
      )}
      <div class={table ? "table-frame" : "unseen"} {...(table ? { tabIndex: 0, role: "region", "aria-label": title } : {})}>
        <table class="table">
          <caption class="unseen">{title}</caption>
          <thead>
            <tr>
              <th scope="col">{t("time")}</th>
              {series.map((one) => (
                <th key={one.name} scope="col" class="figure">
                  {one.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {labels.map((label, at) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                {series.map((one) => (
                  <td key={one.name} class="figure">
                    {format(one.values[at] ?? 0)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

/** Counts and their shares, as a table whose rows are bars. */
export function ShareTable(props: { title: string; rows: readonly { label: string; count: number; share: number; href?: string }[]; none: string; format: (share: number) => string }) {
  const id = useId();
  return (
    <section class="panel-card share-list" aria-labelledby={id}>
      <h2 id={id}>{props.title}</h2>
      {props.rows.length === 0 ? (
        <p class="none">{props.none}</p>
      ) : (
        <table class="share-table" aria-labelledby={id}>
          <thead class="unseen">
            <tr>
              <th scope="col">{props.title}</th>
              <th scope="col">{t("count")}</th>
              <th scope="col">{t("share")}</th>
            </tr>
          </thead>
          <tbody>
            {props.rows.map((row) => (
              <tr key={row.label}>
                <th scope="row">
                  <span class="share-label" dir="auto">
                    {row.href ? <a href={row.href}>{row.label}</a> : row.label}
                  </span>
                  <span class="share-bar" aria-hidden="true">
                    <span style={{ width: `${row.share * 100}%` }} />
                  </span>
                </th>
                <td class="figure">{number(row.count)}</td>
                <td class="figure soft">{props.format(row.share)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function described(title: string, labels: readonly string[], series: readonly Series[], format: (value: number) => string): string {
  const parts = series.map((one) => {
    const most = Math.max(0, ...one.values);
    return t("chartAlt", { name: one.name, sum: format(sum(one.values)), most: format(most), when: labels[one.values.indexOf(most)] ?? "–" });
  });
  return `${title}. ${parts.join("; ")}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
