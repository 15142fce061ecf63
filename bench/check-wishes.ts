import { startWith } from '../src/process/life.ts';
import { readWishes } from './wishes.ts';

// Refuses a command line that asks for what cannot be measured, before servers are brought for it.
await startWith(async () => readWishes());
