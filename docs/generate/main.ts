import { writeFile } from 'node:fs/promises';
import { readOptions } from '../../src/commands/read-options.ts';
import { startWith } from '../../src/process/life.ts';
import { generateClient } from './client-types.ts';
import { faultPages } from './fault-pages.ts';
import { takePicture } from './picture.ts';
import { schemaFile, schemaPage } from './schema-page.ts';

// Writes what is made of the code: `npm run docs`. With `--picture` it takes that of the live page as well.
const options = { picture: { type: 'boolean', default: false } } as const;
const wishes = await startWith(async () => readOptions(options, 'npm run docs [-- --picture]'));
for (const [file, text] of [[schemaFile, await schemaPage()] as const, ...(await generateClient()), ...faultPages()]) {
  await writeFile(file, text);
  process.stdout.write(`wrote ${file}\n`);
}
if (wishes.picture) process.stdout.write(`${await takePicture()}\n`);
