import { createHmac, randomUUID } from 'node:crypto';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { listen, type LocalServer } from './local-server.ts';

const Charge = z.object({
  key: z.string(),
  order: z.string(),
  payment: z.string(),
  amount: z.int(),
  currency: z.string(),
  method: z.string(),
});
const Refund = z.object({
  key: z.string(),
  refund: z.string(),
  charge: z.string(),
  amount: z.int(),
  currency: z.string(),
});
type Kept = Readonly<{ id: string; state: string; key: string }>;

/** Acme Pay, the made-up gateway of docs/add-a-gateway.md: a key happens once, and the method `open` waits for its buyer. */
export type AcmePay = LocalServer &
  Readonly<{
    charges: (Kept & z.output<typeof Charge>)[];
    refunds: (Kept & z.output<typeof Refund>)[];
    /** The body and headers of an event that says a charge of this order is paid now. */
    event(order: string, secret: string): Readonly<{ body: string; headers: Record<string, string> }>;
  }>;

/** Starts it; whoever comes must know the secret. */
export async function startAcmePay(secret: string): Promise<AcmePay> {
  const charges: AcmePay['charges'] = [];
  const refunds: AcmePay['refunds'] = [];
  const once = <T extends { key: string }>(books: (Kept & T)[], asked: T, state: string): Kept & T => {
    const known = books.find(({ key }) => key === asked.key);
    if (known) return known;
    const made = { ...asked, id: `acme_${randomUUID()}`, state };
    books.push(made);
    return made;
  };
  const answer = (method: string, { pathname, searchParams }: URL, body: unknown): unknown => {
    if (method === 'POST' && pathname === '/charges') {
      const asked = Charge.parse(body);
      return once(charges, asked, asked.method === 'open' ? 'open' : 'paid');
    }
    if (method === 'POST' && pathname === '/refunds') return once(refunds, Refund.parse(body), 'paid');
    const isAsked = (row: object) =>
      [...searchParams].every(([name, value]) => Object.entries(row).some(([n, v]) => n === name && v === value));
    if (pathname === '/charges') return charges.filter(isAsked);
    if (pathname === '/refunds') return refunds.filter(isAsked);
    return charges.find(({ id }) => pathname === `/charges/${id}`);
  };
  const server = await listen(async (request, response) => {
    if (request.headers.authorization !== `Bearer ${secret}`) return response.writeHead(401).end('{}');
    const { method = 'GET', url = '/' } = request;
    const body = method === 'POST' ? await json(request) : undefined;
    return response.end(JSON.stringify(answer(method, new URL(url, 'http://acme'), body) ?? {}));
  });
  return {
    ...server,
    charges,
    refunds,
    event(order, key) {
      const charge = charges.find((one) => one.order === order);
      const body = JSON.stringify({ id: randomUUID(), charge: { ...charge, state: 'paid' } });
      const signature = createHmac('sha256', key).update(body).digest('hex');
      return { body, headers: { 'content-type': 'application/json', 'acme-signature': signature } };
    },
  };
}
