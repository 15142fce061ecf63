import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { takePicture } from './picture.ts';
import { schemaFile, schemaPage } from './schema-page.ts';

// Writes the pages that are made of the code: `npm run docs`. With `--picture` it takes that of the live page as well.
const { values } = parseArgs({ options: { picture: { type: 'boolean', default: false } } });
await writeFile(schemaFile, await schemaPage());
process.stdout.write(`wrote ${schemaFile}\n`);
if (values.picture) process.stdout.write(`${await takePicture()}\n`);
