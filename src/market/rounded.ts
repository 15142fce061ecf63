/** A number as a column of so many decimals gives it back, so that what is shown and compared is what is stored. */
export function rounded(value: number, scale: number): number {
  return Number(value.toFixed(scale));
}
