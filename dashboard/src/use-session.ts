import { useEffect, useState } from 'preact/hooks';
import type { z } from '@hono/zod-openapi';
import type { UserView } from '../../src/api/user-view.ts';
import { ask } from './ask-api.ts';

/** Who is logged in here. */
export type User = z.output<typeof UserView>;

/** The session: `user` is undefined when nobody is logged in. */
export type Session = Readonly<{
  user: User | undefined;
  logIn(email: string, password: string): Promise<void>;
  logOut(): Promise<void>;
}>;

// The session's cookie cannot be seen from here; who has never logged in is not asked for on every visit.
const hint = 'orderflow-logged-in';

/** Finds out who is logged in, and lets people log in and out. */
export function useSession(): Session {
  const [user, setUser] = useState<User>();
  const forget = () => {
    localStorage.removeItem(hint);
    setUser(undefined);
  };
  useEffect(() => {
    if (localStorage.getItem(hint)) void ask<User>('GET', '/auth/me').then(setUser, forget);
  }, []);
  return {
    user,
    async logIn(email, password) {
      await ask('POST', '/auth/login', { email, password });
      localStorage.setItem(hint, 'yes');
      setUser(await ask<User>('GET', '/auth/me'));
    },
    async logOut() {
      await ask('POST', '/auth/logout').catch(() => {});
      forget();
    },
  };
}
