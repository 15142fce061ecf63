/** Who asks: the token to send, if any, and whether there is hope of a better one than one that was refused. */
export type Credentials = Readonly<{
  token(): Promise<string | undefined>;
  hasAnother(refused: string): boolean;
}>;

/** A key, or nothing: then a browser sends the cookie of whoever has logged in. */
export function fixedKey(key: string | undefined): Credentials {
  return { token: async () => key, hasAnother: () => false };
}

/** Logs in when a token is first needed, and anew when the last one has ended. */
export function byLogin(logIn: () => Promise<string>): Credentials {
  let current: { readonly token: Promise<string> } | undefined;
  let known: string | undefined;
  return {
    async token() {
      const login = (current ??= { token: logIn() });
      try {
        known = await login.token;
        return known;
      } catch (error) {
        if (current === login) current = undefined;
        throw error;
      }
    },
    hasAnother(refused) {
      // Of all who are refused with it, one logs in anew.
      if (refused === known) current = known = undefined;
      return true;
    },
  };
}
