import { readConfig } from './src/config.ts';
import { ormOptions } from './src/entities/orm-options.ts';

/** What the MikroORM command line works with; the processes use the same options. */
export default ormOptions(readConfig(undefined, { isServing: false }));
