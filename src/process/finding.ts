/** Something wrong with a deployment, and what to do about it: two sentences for people. `id` is the check's, and stays. */
export type Finding = Readonly<{ id: string; fault: string; remedy: string }>;

/** What such a check finds; nothing, when all is well. */
export function when(isWrong: boolean, id: string, fault: string, remedy: string): readonly Finding[] {
  return isWrong ? [{ id, fault, remedy }] : [];
}

/** Why a server cannot be used: it is silent, lets this login not in, or TLS cannot be agreed on. Both texts are parts of one sentence. */
export type Unreached = Readonly<{ kind: 'away' | 'refused' | 'tls'; fault: string; remedy: string }>;
