import { useState } from 'preact/hooks';
import { Refused } from './refused.ts';
import { type Deed, useDeed } from './use-deed.ts';
import type { Session } from './use-session.ts';

/** Logging in: `code` is undefined as long as nobody has asked for one, as is so where there is no second factor. */
export type Login = Pick<Deed, 'isBusy' | 'failure'> &
  Readonly<{
    code: string | undefined;
    setCode(code: string): void;
    logIn(email: string, password: string): Promise<void>;
  }>;

/** Logs in, and asks for the code of a second factor once the API does. */
export function useLogin({ logIn }: Session, onDone = () => {}): Login {
  const [code, setCode] = useState<string>();
  const { isBusy, failure, run } = useDeed();
  const askForCode = (error: unknown) => {
    if (error instanceof Refused && error.code === 'second_factor_required') setCode('');
    throw error;
  };
  return {
    isBusy,
    failure,
    code,
    setCode,
    logIn: (email, password) => run(() => logIn(email, password, code).then(onDone, askForCode)),
  };
}
