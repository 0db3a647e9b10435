/** The contract counts UTF-8 bytes, a browser UTF-16 units. "é" is 2 and 1, "中" 3 and 1, "𠮷" and "😀" 4 and 2. */

export function byteLength(text: string): number {
  let bytes = 0;
  for (const character of text) bytes += bytesOf(character);
  return bytes;
}

/** Where `bytes` bytes of `text` end. Inside a character: where that one begins. Beyond the text: its end. */
export function indexAt(text: string, bytes: number): number {
  let index = 0;
  let counted = 0;
  for (const character of text) {
    counted += bytesOf(character);
    if (counted > bytes) break;
    index += character.length;
  }
  return index;
}

function bytesOf(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

/** An answer's text as its pieces come in. */
export class AnswerText {
  text = "";
  bytes = 0;

  /**
   * A piece that begins at the end is added; one that begins lower replaces all from there. Returns false, and changes
   * nothing, when it begins beyond the end: something is missing, and the turn has to be resumed from `bytes`.
   */
  apply(offset: number, piece: string): boolean {
    if (offset > this.bytes) return false;
    if (offset < this.bytes) {
      this.text = this.text.slice(0, indexAt(this.text, offset));
      this.bytes = byteLength(this.text);
    }
    this.text += piece;
    this.bytes += byteLength(piece);
    return true;
  }
}
