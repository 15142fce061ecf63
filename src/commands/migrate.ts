import { parseArgs } from 'node:util';
import { MikroORM } from '@mikro-orm/mysql';
import { readConfig } from '../config.ts';
import { waitForDatabase } from '../mysql/database.ts';
import { ormOptions } from '../entities/orm-options.ts';
import { startWith } from '../process/life.ts';
import { seedPrices } from '../market/seed-prices.ts';
import { seedAdministrator, seedDemo } from '../accounts/seed.ts';

// Brings the schema up to date, creates the first administrator, and with --demo the demo data; with --prices and the sandbox's
// control URL also days of prices for the watchlist. Safe to run again. With --before-start it refuses what the processes would
// refuse after it.
const boolean = { type: 'boolean', default: false } as const;
const { values: wishes } = parseArgs({
  options: { demo: boolean, 'before-start': boolean, prices: { type: 'string' } },
});
const config = await startWith(async () => readConfig(undefined, { isServing: wishes['before-start'] }));
const orm = await MikroORM.init(ormOptions(config));
await startWith(async () => {
  await waitForDatabase(orm, { mayCreate: true });
  const applied = await orm.migrator.up();
  if (wishes.demo && !config.isProduction) await seedDemo(orm.em.fork(), config);
  await seedAdministrator(orm.em.fork(), config);
  if (wishes.prices !== undefined && !config.isProduction)
    await seedPrices(orm, { from: wishes.prices, symbols: config.WATCHLIST ?? [] }).catch((error: unknown) =>
      process.stdout.write(`prices of the past: none, ${String(error)}\n`),
    );
  process.stdout.write(
    `schema: ${applied.length === 0 ? 'up to date' : `applied ${applied.map(({ name }) => name).join(', ')}`}\n`,
  );
});
await orm.close(true);
