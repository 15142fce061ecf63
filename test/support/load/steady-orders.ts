import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { logIn } from '../processes/platform.ts';
import type { Bought } from './buyers.ts';

/** Orders that come at even distances, whatever becomes of the answers. */
export type SteadyOrders = Readonly<{
  /** What was answered 201. */
  bought: readonly Bought[];
  /** How often somebody was told that it is too busy just now, and to come again. */
  turnedAway(): number;
  /** Every other answer, and what stood in the place of one. */
  complaints: readonly string[];
  /** Sends no more, and resolves when all are answered. */
  stop(): Promise<void>;
}>;

const Placed = z.object({ id: z.string() });

/** Begins to send so many orders a second as the demo customer, in turn to each of the APIs. */
export async function sendSteadily(urls: readonly string[], perSecond: number): Promise<SteadyOrders> {
  const bought: Bought[] = [];
  const complaints: string[] = [];
  let turnedAway = 0;
  const underWay = new Set<Promise<void>>();
  const common = {
    authorization: `Bearer ${await logIn(urls[0] ?? '', 'demo')}`,
    'content-type': 'application/json',
  };
  const body = JSON.stringify({ products: [1] });
  // Who is told to come again does so under the same key: the order may have been taken all the same.
  const buy = async (url: string, key: string): Promise<void> => {
    const headers = { ...common, 'idempotency-key': key };
    const answer = await fetch(`${url}/orders`, { method: 'POST', headers, body });
    const text = await answer.text();
    const again = Number(answer.headers.get('retry-after') ?? Number.NaN);
    if (answer.status === 201) bought.push({ key, id: Placed.parse(JSON.parse(text)).id, repeats: 0 });
    else if (answer.status === 503 && again > 0) {
      turnedAway += 1;
      await sleep(again * 1_000);
      await buy(url, key);
    } else complaints.push(`${answer.status} ${text}`);
  };
  let isOver = false;
  const send = async () => {
    const beganMs = performance.now();
    for (let count = 0; !isOver; count += 1) {
      const one: Promise<void> = buy(urls[count % urls.length] ?? '', randomUUID())
        .catch((error: unknown) => void complaints.push(String(error)))
        .finally(() => underWay.delete(one));
      underWay.add(one);
      await sleep(Math.max(0, beganMs + ((count + 1) * 1_000) / perSecond - performance.now()));
    }
  };
  const sending = send();
  return {
    bought,
    turnedAway: () => turnedAway,
    complaints,
    async stop() {
      isOver = true;
      await sending;
      await Promise.all(underWay);
    },
  };
}
