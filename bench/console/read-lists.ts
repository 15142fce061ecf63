import { z } from 'zod';

const Page = z.object({ next_cursor: z.string().nullish() });
const pages = 5;

/** Every list that the page reads, as the page asks for it. */
export const lists = [
  '/orders?limit=20',
  '/orders?limit=20&status=paid',
  '/payments?limit=20',
  '/payments?limit=20&status=succeeded',
  '/refunds?limit=20',
  '/products?limit=20',
  '/products?limit=20&q=bench',
  '/products?limit=20&category=category%203',
  '/users?limit=20',
  '/jobs?limit=20',
  '/jobs?limit=20&kind=charge-order&state=delayed',
  '/dead-letters?replayed=false&limit=20',
  '/audit?limit=20',
  '/queues',
] as const;

/** How long each list took to answer at most, ms, over its first pages; the very first answer of each is not counted. */
export async function readLists(url: string, headers: Readonly<Record<string, string>>, rounds: number) {
  const most: Record<string, number> = {};
  for (const list of lists) {
    await readPages(url, list, headers);
    most[list] = 0;
    for (let round = 0; round < rounds; round += 1)
      most[list] = Math.max(most[list], ...(await readPages(url, list, headers)));
  }
  return most;
}

async function readPages(url: string, list: string, headers: Readonly<Record<string, string>>): Promise<number[]> {
  const took: number[] = [];
  let cursor = '';
  for (let page = 0; page < pages; page += 1) {
    const began = performance.now();
    const answer = await fetch(`${url}${list}${cursor}`, { headers });
    const text = await answer.text();
    took.push(performance.now() - began);
    if (answer.status !== 200) throw new Error(`${list} answered ${answer.status}: ${text}`);
    const { next_cursor: next } = Page.parse(JSON.parse(text));
    if (!next) break;
    cursor = `&cursor=${encodeURIComponent(next)}`;
  }
  return took;
}
