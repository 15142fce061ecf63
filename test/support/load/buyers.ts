import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { patienceMs } from '../processes/process.ts';
import type { Asked } from '../proof/evidence.ts';
import { seeded, seededKey } from '../seeded.ts';

/** What a buyer was told about an order: it was answered 201, after so many answers that were lost or told to come again. */
export type Bought = Readonly<{ key: string; id: string; repeats: number }>;

/** People who place as many orders as are wanted, until they are told to go home; nobody goes without having been answered 201. */
export type Buyers = Readonly<{
  bought: readonly Bought[];
  /** Every request, in the order in which they ended. */
  asked: readonly Asked[];
  /** Wants so many orders more. */
  want(more: number): void;
  /** Whether every order that was wanted has been placed. */
  areDone(): boolean;
  /** Answers that nobody should get. */
  complaints: readonly string[];
  goHome(): Promise<void>;
}>;

// What there is to say while MySQL is away, or a copy of the request is still being worked on.
const comeAgain = new Set([409, 503]);

const baskets = [
  { products: [1] },
  { products: [1, 2] },
  { items: [{ product_id: 2, quantity: 3 }] },
  { products: [2], payment_method: 'pm_card_chargeDeclined' },
];

type Shop = Readonly<{
  urls: readonly string[];
  token: string;
  seed: number;
  thinkMs: number;
  /** By how many of the URLs each of them asks at once. */
  copies?: number;
}>;

/** Sends buyers; the seed decides by which keys and what each of them buys, and how long they think about it. */
export function sendBuyers(count: number, { urls, token, seed, thinkMs, copies = 1 }: Shop): Buyers {
  const bought: Bought[] = [];
  const asked: Asked[] = [];
  const complaints: string[] = [];
  let isOver = false;
  let wanted = 0;
  let underWay = 0;
  const buy = async (random: () => number) => {
    const key = seededKey(random);
    const body = JSON.stringify(baskets[Math.floor(random() * baskets.length)] ?? {});
    const first = Math.floor(random() * urls.length);
    const latest = performance.now() + patienceMs;
    for (let repeats = 0; performance.now() < latest; repeats += 1) {
      const turns = Array.from({ length: copies }, (_, copy) => urls[(first + repeats + copy) % urls.length] ?? '');
      const answers = await Promise.all(turns.map((url) => ask(url, { token, key, body })));
      asked.push(...answers);
      for (const { status } of answers)
        if (![0, 201].includes(status) && !comeAgain.has(status)) complaints.push(`${status} to ${key}`);
      const id = answers.find(({ status }) => status === 201)?.order;
      if (id) {
        bought.push({ key, id, repeats });
        return;
      }
      await sleep(200);
    }
    complaints.push(`${key} was not answered within ${patienceMs} ms`);
  };
  const buyer = async (_: unknown, index: number) => {
    const random = seeded(seed + index);
    while (!isOver) {
      if (wanted > 0) {
        wanted -= 1;
        underWay += 1;
        await buy(random);
        underWay -= 1;
      }
      await sleep(random() * 2 * thinkMs);
    }
  };
  const all = Array.from({ length: count }, buyer);
  return {
    bought,
    asked,
    complaints,
    want(more) {
      wanted += more;
    },
    areDone: () => wanted + underWay === 0,
    async goHome() {
      isOver = true;
      await Promise.all(all);
    },
  };
}

const Answer = z.looseObject({ id: z.string().optional() });

/** Asks once, and keeps what was said. */
async function ask(
  url: string,
  { token, key, body }: Readonly<{ token: string; key: string; body: string }>,
): Promise<Asked> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'idempotency-key': key };
  const signal = AbortSignal.timeout(10_000);
  const askedMs = Date.now();
  try {
    const said = await fetch(`${url}/orders`, { method: 'POST', headers, body, signal });
    const text = await said.text();
    const told = Answer.parse(JSON.parse(text));
    const answer = createHash('sha256').update(text).digest('base64url').slice(0, 16);
    const fields = Object.keys(told).toSorted().join(' ');
    return { key, askedMs, status: said.status, order: said.status === 201 ? (told.id ?? null) : null, answer, fields };
  } catch {
    return { key, askedMs, status: 0, order: null, answer: '', fields: '' };
  }
}
