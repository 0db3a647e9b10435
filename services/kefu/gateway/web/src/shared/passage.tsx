/** A passage as it stands in its document: tables as tables, all else as the text it is, with words of it marked. */
import type { RefObject } from "preact";
import { tablesIn } from "./markdown.tsx";

export interface Piece {
  text: string;
  marked: boolean;
}

interface PassageTextProps {
  /** The text whole, in pieces. */
  pieces: Piece[];
  /** Becomes the first mark. */
  first?: RefObject<HTMLElement | null>;
}

export function PassageText({ pieces, first }: PassageTextProps) {
  const text = pieces.map((piece) => piece.text).join("");
  const marks = rangesOf(pieces);
  let pending = first;
  const mark = (words: string) => {
    const ref = pending ?? null;
    pending = undefined;
    return <mark ref={ref}>{words}</mark>;
  };
  const plain = (from: number, to: number) => {
    const around = text.slice(from, to);
    const begin = from + (/^\s*\n/.exec(around)?.[0].length ?? 0); // the blank lines around a table
    const end = Math.max(begin, from + around.trimEnd().length);
    if (begin >= end) return null;
    const parts = marks.flatMap(([start, stop]) => (stop > begin && start < end ? [[Math.max(start, begin), Math.min(stop, end)] as const] : []));
    let at = begin;
    const drawn = parts.flatMap(([start, stop]) => {
      const before = text.slice(at, start);
      at = stop;
      return [before, mark(text.slice(start, stop))];
    });
    return <p class="passage-plain">{[...drawn, text.slice(at, end)]}</p>;
  };
  let at = 0;
  const blocks = tablesIn(text).flatMap(({ from, to, head, rows }) => {
    const before = plain(at, from);
    at = to;
    const cells = (row: string[], isMarked: boolean) => row.map((cell) => (isMarked ? mark(cell) : cell));
    const table = (
      <div class="passage-table" tabIndex={0} role="group">
        <table>
          <thead>
            <tr>
              {cells(head, false).map((cell) => (
                <th scope="col">{cell}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr>
                {cells(row.cells, marks.some(([start, stop]) => stop > row.from && start < row.to)).map((cell) => (
                  <td>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    );
    return [before, table];
  });
  return (
    <>
      {blocks}
      {plain(at, text.length)}
    </>
  );
}

function rangesOf(pieces: Piece[]): [number, number][] {
  let at = 0;
  return pieces.flatMap(({ text, marked }): [number, number][] => {
    const from = at;
    at += text.length;
    return marked ? [[from, at]] : [];
  });
}
