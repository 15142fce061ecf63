import { NoAnswer, openOrderflow, Refused } from '../../clients/typescript/src/orderflow.ts';
import { CannotStart } from '../tools/cannot-start.js';
import { demoLogins } from '../tools/demo-login.js';

const { demo } = demoLogins;
// An API that is away for a moment is waited for, but not longer than somebody waits for the demo to end.
const patience = { timeoutMs: 15_000, patienceMs: 10_000 };

/** The API as a customer of the demo shop uses it, logged in. @throws CannotStart when nobody is there, or nobody can. */
export async function openCustomer(url, nobodyIsThere) {
  const api = openOrderflow({ url, login: demo });
  await openOrderflow({ url })
    .ping({}, { ...patience, patienceMs: 0 })
    .catch(() => {
      throw new CannotStart(nobodyIsThere);
    });
  await api.me({}, patience).catch(() => {
    throw new CannotStart(
      `${demo.email} cannot log in at ${url}; the demo needs the demo data, which production has not.`,
    );
  });
  return {
    /** What an operation of the client answers, or undefined when that was a refusal or none. */
    ask: (operation, input) =>
      api[operation](input, patience).catch((error) => {
        if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
      }),
    /** Hears of the orders until the signal aborts. */
    async hearOrders(signal, hear) {
      try {
        for await (const news of api.followOrders({ signal })) void hear(news);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}
