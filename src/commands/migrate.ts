import { MikroORM } from '@mikro-orm/mysql';
import { readConfig } from '../config.ts';
import { waitForDatabase } from '../mysql/database.ts';
import { ormOptions } from '../entities/orm-options.ts';
import { CannotStart } from '../errors.ts';
import { startWith } from '../process/life.ts';
import { seedPrices } from '../market/seed-prices.ts';
import { seedAdministrator, seedDemo } from '../accounts/seed.ts';
import { readOptions } from './read-options.ts';

// Brings the schema up to date, creates the first administrator, and with --demo the demo data; with --prices and the sandbox's
// control URL also days of prices for the watchlist. Safe to run again. With --before-start it refuses what the processes would
// refuse after it.
const boolean = { type: 'boolean', default: false } as const;
const options = { demo: boolean, 'before-start': boolean, prices: { type: 'string' } } as const;
const wishes = await startWith(async () => readOptions(options, 'npm run migrate [-- --demo] [--prices URL]'));
const config = await startWith(async () => readConfig(undefined, { isServing: wishes['before-start'] }));
const orm = await MikroORM.init(ormOptions(config));
await startWith(async () => {
  await waitForDatabase(orm, { mayCreate: true });
  const applied = await migrateAll();
  if (wishes.demo && !config.isProduction) await seedDemo(orm.em.fork(), config);
  await seedAdministrator(orm.em.fork(), config);
  if (wishes.prices !== undefined && !config.isProduction)
    await seedPrices(orm, { from: wishes.prices, symbols: config.WATCHLIST ?? [] }).catch((error: unknown) =>
      process.stdout.write(`prices of the past: none, ${String(error)}\n`),
    );
  process.stdout.write(`schema: ${applied.length === 0 ? 'up to date' : `applied ${applied.join(', ')}`}\n`);
});
await orm.close(true);

/** One after the other: whoever is told to end does so between two. Whoever is killed leaves the rest of one to the next. */
async function migrateAll(): Promise<readonly string[]> {
  let isToEnd = false;
  const end = () => (isToEnd = true);
  const signals = ['SIGTERM', 'SIGINT'] as const;
  for (const signal of signals) process.on(signal, end);
  const applied: string[] = [];
  for (const { name } of await orm.migrator.getPending()) {
    if (isToEnd) throw new CannotStart(`The migration was told to end before ${name}; run it again to go on.`);
    // Nothing, when another process has been there first.
    for (const done of await orm.migrator.up(name)) applied.push(done.name);
  }
  for (const signal of signals) process.off(signal, end);
  return applied;
}
