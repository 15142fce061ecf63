import { writeFile } from 'node:fs/promises';
import { schemaFile, schemaPage } from './schema-page.ts';

// Writes the pages that are made of the code: `npm run docs`.
await writeFile(schemaFile, await schemaPage());
process.stdout.write(`wrote ${schemaFile}\n`);
