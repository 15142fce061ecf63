import { MikroORM } from '@mikro-orm/mysql';
import { readConfig } from '../../../src/config.ts';
import { waitForDatabase } from '../../../src/mysql/database.ts';
import { ormOptions } from '../../../src/entities/orm-options.ts';
import { startWith } from '../../../src/process/life.ts';

// Makes a database where the tests will make theirs, and drops it; says in a sentence why it cannot.
const orm = await MikroORM.init(ormOptions(readConfig(undefined, { isServing: false })));
await startWith(() => waitForDatabase(orm, { mayCreate: true }));
await orm.schema.dropDatabase();
await orm.close(true);
