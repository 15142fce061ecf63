import { AsyncLocalStorage } from 'node:async_hooks';
import { IncomingMessage } from 'node:http';
import Stripe from 'stripe';
import type { Pace } from '../http/pace.ts';
import { inTime, startTimeout } from '../../process/deadline.ts';

type Bounds = Readonly<{ pace: Pace | undefined; timeoutMs: number }>;

/** The official package, whose requests wait for their turn, have a time, and are told of in {@link under} when they are lost. */
export function connect(key: string, base: string, bounds: Bounds): Stripe {
  const { hostname, port, protocol } = new URL(base);
  return new Stripe(key, {
    host: hostname,
    port: port || (protocol === 'http:' ? 80 : 443),
    protocol: protocol === 'http:' ? 'http' : 'https',
    timeout: bounds.timeoutMs,
    // BullMQ's attempts are the one place that tries again.
    maxNetworkRetries: 0,
    telemetry: false,
    httpClient: noting(Stripe.createNodeHttpClient(), bounds),
  });
}

type HttpClient = ReturnType<typeof Stripe.createNodeHttpClient>;

/** What becomes of the requests of one call: the package makes one more by itself when a connection is closed on it. */
export const under = new AsyncLocalStorage<{ isAnyLost: boolean }>();

/** Has every request wait for its turn and every answer begin and end, and notes which call has lost one. */
function noting(http: HttpClient, { pace, timeoutMs }: Bounds): HttpClient {
  return {
    getClientName: () => http.getClientName(),
    async makeRequest(...request) {
      await pace?.take();
      // One that begins when nobody waits for it any more has to end as well.
      const asking = http.makeRequest(...request).then((answer) => {
        endInTime(answer.getRawResponse(), timeoutMs);
        return answer;
      });
      return inTime(timeoutMs, asking, () => noAnswer(timeoutMs)).catch((error: unknown) => {
        const call = under.getStore();
        if (call) call.isAnyLost = true;
        throw error;
      });
    },
  };
}

/** As the package itself says it: it bounds the pauses of what comes, but a head that comes by the byte would have no end. */
function noAnswer(timeoutMs: number): Error {
  return Object.assign(new Error(`Stripe did not answer within ${timeoutMs} ms`), { code: 'ETIMEDOUT' });
}

/** So does a body that comes by the byte. */
function endInTime(answer: unknown, timeoutMs: number): void {
  if (!(answer instanceof IncomingMessage)) return;
  const timeout = startTimeout(timeoutMs);
  timeout.signal.addEventListener('abort', () => answer.destroy());
  answer.once('close', timeout.clear);
}
