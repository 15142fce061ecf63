import { useEffect, useRef, useState } from 'preact/hooks';
import type { z } from '@hono/zod-openapi';
import type { UserView } from '../../../src/api/accounts/user-view.ts';
import { ask } from './ask-api.ts';
import { onDoubt } from './doubt.ts';
import { Refused } from './refused.ts';
import { onFair } from './weather.ts';
import { who } from './who.ts';

/** Who is logged in here. */
export type User = z.output<typeof UserView>;

/** The session: `user` is undefined when nobody is logged in; `hasEnded` when somebody was, and it was ended elsewhere. */
export type Session = Readonly<{
  user: User | undefined;
  hasEnded: boolean;
  /** `code` is of the second factor, where the account has one. */
  logIn(email: string, password: string, code?: string): Promise<void>;
  /** @throws Refused when the API has not logged out: then the session goes on. */
  logOut(): Promise<void>;
}>;

/** Finds out who is logged in, lets people log in and out, and notices when the session ends elsewhere or becomes another's. */
export function useSession(): Session {
  const [user, setUser] = useState<User>();
  const [hasEnded, setHasEnded] = useState(false);
  const isKnown = useRef(false);
  const begin = (someone: User) => {
    isKnown.current = true;
    who.remember(someone.id);
    setHasEnded(false);
    setUser((old) => (JSON.stringify(old) === JSON.stringify(someone) ? old : someone));
  };
  const end = (isElsewhere: boolean) => {
    isKnown.current = false;
    who.forget();
    setHasEnded(isElsewhere);
    setUser(undefined);
  };
  const readUser = async () => begin(await ask<User>('GET', '/auth/me'));

  useEffect(() => {
    const look = () =>
      readUser().catch((error: unknown) => {
        if (error instanceof Refused && error.status === 401) end(isKnown.current);
      });
    return lookWhenever(look, isKnown);
  }, []);
  return {
    user,
    hasEnded,
    async logIn(email, password, code) {
      await ask('POST', '/auth/login', { email, password, ...(code === undefined ? {} : { code }) });
      await readUser();
    },
    async logOut() {
      await ask('POST', '/auth/logout').catch((error: unknown) => {
        // Who is not logged in any more has what it wants.
        if (!(error instanceof Refused) || error.status !== 401) throw error;
      });
      end(false);
    },
  };
}

/** Looks who is logged in now, and whenever that may have changed or can be found out at last; until it is told to stop. */
function lookWhenever(look: () => Promise<void>, isKnown: Readonly<{ current: boolean }>): () => void {
  let isLooking = false;
  const lookOnce = async () => {
    if (isLooking) return;
    isLooking = true;
    await look();
    isLooking = false;
  };
  const lookIf = (isWorthIt: boolean) => {
    if (isWorthIt) void lookOnce();
  };
  lookIf(who.read() !== undefined);
  const stops = [
    onDoubt(() => lookIf(isKnown.current)),
    onFair(() => lookIf(!isKnown.current && who.read() !== undefined)),
    who.onChange(() => lookIf(true)),
  ];
  return () => stops.forEach((stop) => stop());
}
