/** A question back names its choices in its text, numbered, for those who see no buttons. */
export function withoutChoices(text: string, choices: readonly string[]): string {
  const listed = choices.map((choice, at) => `\n${at + 1}. ${choice}`).join("");
  return text.endsWith(listed) ? text.slice(0, text.length - listed.length) : text;
}
