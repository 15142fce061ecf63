let aheadMs = 0;
let settle = () => {};
const settled = new Promise<void>((resolve) => (settle = resolve));

/** The server's clock, by which everything here is dated; until the server has told the time, this computer's. */
export const serverNow = (): number => Date.now() + aheadMs;

/** The server's clock, once it is known: what is asked of the server for a time of this computer's may lie in its future. */
export async function toldNow(): Promise<number> {
  await settled;
  return serverNow();
}

/** The server has said the time in an answer to a question of `askedAtMs`. */
export function setClock(at: string, askedAtMs: number): void {
  const [earliest, latest] = [Date.parse(at) - Date.now(), Date.parse(at) - askedAtMs];
  // As long as it may be the same clock, it is taken for the same one.
  aheadMs = earliest <= 0 && latest >= 0 ? 0 : earliest;
  settle();
}

/** The server does not say the time: until it does, this computer's clock is all that there is. */
export const leaveClock = (): void => settle();
