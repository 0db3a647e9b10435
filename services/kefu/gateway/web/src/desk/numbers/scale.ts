/** Where an axis ends. */

/** The least of 1, 2, 4, 5, 10, 20, ... that is not below the greatest value; its half is a round figure too. */
export function niceMost(greatest: number): number {
  if (greatest <= 2) return 2;
  const power = 10 ** Math.floor(Math.log10(greatest));
  for (const part of [1, 2, 4, 5, 8, 10]) if (part * power >= greatest) return part * power;
  return 10 * power;
}
