import { readConfig } from '../config.ts';
import { startWith } from '../process/life.ts';

// Refuses an environment of which a variable cannot be what it is, before anything is started.
await startWith(async () => readConfig(undefined, { isServing: false }));
