import { useEffect, useRef, useState } from 'preact/hooks';
import type { z } from '@hono/zod-openapi';
import type { UserView } from '../../../src/api/accounts/user-view.ts';
import { ask } from './ask-api.ts';
import { onDoubt } from './doubt.ts';
import { Refused } from './refused.ts';
import { onSeen } from './seen.ts';
import { onFair } from './weather.ts';
import { who } from './who.ts';

/** Who is logged in here. */
export type User = z.output<typeof UserView>;

/** The session: `user` is undefined when nobody is logged in; `hasEnded` when somebody was, and it was ended elsewhere. */
export type Session = Readonly<{
  user: User | undefined;
  hasEnded: boolean;
  /** How often somebody has come after another: what the one was shown, or has typed, is not the other's. */
  successions: number;
  /** `code` is of the second factor, where the account has one. */
  logIn(email: string, password: string, code?: string): Promise<void>;
  /** @throws Refused when the API has not logged out: then the session goes on. */
  logOut(): Promise<void>;
}>;

/** Finds out who is logged in, lets people log in and out, and notices when the session ends elsewhere or becomes another's. */
export function useSession(): Session {
  const [user, setUser] = useState<User>();
  const [hasEnded, setHasEnded] = useState(false);
  const [successions, setSuccessions] = useState(0);
  const isKnown = useRef(false);
  const latest = useRef<number>(undefined);
  const begin = (someone: User) => {
    isKnown.current = true;
    if (latest.current !== undefined && latest.current !== someone.id) setSuccessions((count) => count + 1);
    latest.current = someone.id;
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
    const look = async () => {
      try {
        await readUser();
      } catch (error) {
        if (!(error instanceof Refused) || error.status !== 401) return false;
        if (isKnown.current) end(true);
        else who.forget();
      }
      return true;
    };
    return lookWhenever(look, isKnown);
  }, []);
  return {
    user,
    hasEnded,
    successions,
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

/** Looks who is logged in now, and whenever that may have changed; what was not answered is asked again in fair weather. */
function lookWhenever(look: () => Promise<boolean>, isKnown: Readonly<{ current: boolean }>): () => void {
  let [isDue, isLooking] = [false, false];
  const lookWhenDue = async () => {
    if (!isDue || isLooking) return;
    [isDue, isLooking] = [false, true];
    const isAnswered = await look();
    isLooking = false;
    // What has changed meanwhile may not be in the answer.
    if (isAnswered) void lookWhenDue();
    else isDue = true;
  };
  const lookIf = (isWorthIt: boolean) => {
    isDue ||= isWorthIt;
    void lookWhenDue();
  };
  const lookIfRemembered = () => lookIf(who.read() !== undefined);
  lookIfRemembered();
  const stops = [
    onDoubt(() => lookIf(isKnown.current && !isLooking)),
    onFair(() => void lookWhenDue()),
    who.onChange(() => lookIf(true)),
    // Not every program that logs in says so to this page.
    onSeen(lookIfRemembered),
  ];
  return () => stops.forEach((stop) => stop());
}
