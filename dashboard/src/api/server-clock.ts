let aheadMs = 0;

/** The server's clock, by which everything here is dated. */
export const serverNow = (): number => Date.now() + aheadMs;

/** The server has said the time in an answer to a question of `askedAtMs`. */
export function setClock(at: string, askedAtMs: number): void {
  const [earliest, latest] = [Date.parse(at) - Date.now(), Date.parse(at) - askedAtMs];
  // As long as it may be the same clock, it is taken for the same one.
  aheadMs = earliest <= 0 && latest >= 0 ? 0 : earliest;
}
