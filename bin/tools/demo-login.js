import { CannotStart } from './cannot-start.js';

const patienceMs = 15_000;

/** The logins of the demo data. */
export const demoLogins = {
  demo: { email: 'demo@example.com', password: 'orderflow-demo' },
  admin: { email: 'admin@example.com', password: 'orderflow-admin' },
};

/** Logs in to the demo data of a running `npm start` as `demo`, its customer, or `admin`; answers the token. */
export async function logIn(environment, url, account) {
  const logins = {
    demo: demoLogins.demo,
    admin: {
      email: environment.value('ADMIN_EMAIL')?.trim() ?? demoLogins.admin.email,
      password: environment.value('ADMIN_PASSWORD') ?? demoLogins.admin.password,
    },
  };
  if (!Object.hasOwn(logins, account)) throw new CannotStart('--as takes demo or admin.');
  const answer = await post(
    url,
    '/auth/login',
    { 'content-type': 'application/json' },
    JSON.stringify(logins[account]),
  );
  if (!answer?.ok)
    throw new CannotStart(
      `${logins[account].email} cannot log in at ${url}.`,
      'Set ORDERFLOW_KEY to an API key or another bearer token.',
    );
  return (await answer.json()).access_token;
}

/** Ends the login. */
export async function logOut(url, token) {
  await post(url, '/auth/logout', { authorization: `Bearer ${token}` });
}

function post(url, path, headers, body) {
  const init = { method: 'POST', headers, body, signal: AbortSignal.timeout(patienceMs) };
  return fetch(`${url}${path}`, init).catch(() => undefined);
}
