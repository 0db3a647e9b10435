/** Lines of a text, counted from 1, and where they stand in it. */

export function lineCount(text: string): number {
  return text.split("\n").length;
}

/** The line of an index of the text. */
export function lineAt(text: string, index: number): number {
  return lineCount(text.slice(0, index));
}

/** Where a line begins and ends, without its break; of a line that the text does not have, its end. */
export function rangeOfLine(text: string, line: number): readonly [from: number, to: number] {
  let from = 0;
  for (let before = 1; before < line; before += 1) {
    const end = text.indexOf("\n", from);
    if (end < 0) return [text.length, text.length];
    from = end + 1;
  }
  const end = text.indexOf("\n", from);
  return [from, end < 0 ? text.length : end];
}
