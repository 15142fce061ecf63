import { MikroORM } from '@mikro-orm/mysql';
import { readConfig } from '../config.ts';
import { waitForDatabase } from '../mysql/database.ts';
import { ormOptions } from '../entities/orm-options.ts';
import { startWith } from '../process/life.ts';
import { seedAdministrator, seedDemo } from '../accounts/seed.ts';

// Brings the schema up to date, creates the first administrator, and with --demo the demo data. Safe to run again. With
// --before-start it refuses what the processes would refuse after it.
const config = await startWith(async () =>
  readConfig(undefined, { isServing: process.argv.includes('--before-start') }),
);
const orm = await MikroORM.init(ormOptions(config));
await startWith(async () => {
  await waitForDatabase(orm, { mayCreate: true });
  const applied = await orm.migrator.up();
  if (process.argv.includes('--demo') && !config.isProduction) await seedDemo(orm.em.fork(), config);
  await seedAdministrator(orm.em.fork(), config);
  process.stdout.write(
    `schema: ${applied.length === 0 ? 'up to date' : `applied ${applied.map(({ name }) => name).join(', ')}`}\n`,
  );
});
await orm.close(true);
