/** Something wrong with a deployment, and what to do about it: two sentences for people. `id` is the check's, and stays. */
export type Finding = Readonly<{ id: string; fault: string; remedy: string }>;

/** What such a check finds; nothing, when all is well. */
export function when(isWrong: boolean, id: string, fault: string, remedy: string): readonly Finding[] {
  return isWrong ? [{ id, fault, remedy }] : [];
}
