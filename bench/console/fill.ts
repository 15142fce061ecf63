import { randomUUIDv7 } from 'node:crypto';
import { Queue } from 'bullmq';
import type { Bench } from '../bench.ts';
import { storeOrders } from '../measures/store-orders.ts';
import { places } from '../settings.ts';

const { MYSQL_DB: database, REDIS_DB: db } = places.product;
const wanted = { orders: 10_000, products: 500, jobs: 50_000 };
const jobsAtOnce = 1_000;
const dayMs = 86_400_000;

/** Stores as many orders, products and jobs as a shop of some age has. */
export async function fillConsole(bench: Bench): Promise<void> {
  bench.say(`console: storing ${JSON.stringify(wanted)}`);
  await storeOrders(bench, wanted.orders);
  await storeProducts(bench);
  await storeJobs(bench);
}

async function storeProducts({ stores }: Bench): Promise<void> {
  const rows = Array.from({ length: wanted.products }, (_, index) => {
    return `('bench', 'b${index}', 'Product ${index} of the bench', 'category ${index % 9}', ${100 + index}, 'USD')`;
  });
  const columns = 'source, external_id, title, category, price_minor, currency';
  await stores.run(`insert ignore into ${database}.products (${columns}) values ${rows.join()}`);
}

/** Jobs that are due tomorrow: they are there, and cost nothing meanwhile. */
async function storeJobs({ servers }: Bench): Promise<void> {
  const connection = { host: servers.REDIS_HOST, port: servers.REDIS_PORT, db: Number(db) };
  const queue = new Queue('payments', { connection });
  for (let count = await queue.getDelayedCount(); count < wanted.jobs; count += jobsAtOnce)
    await queue.addBulk(
      Array.from({ length: jobsAtOnce }, () => {
        const id = randomUUIDv7();
        return { name: 'charge-order', data: { order_id: id }, opts: { jobId: id, delay: dayMs } };
      }),
    );
  await queue.close();
}
