import { redisSection } from './redis-section.ts';
import { streamsSection } from './streams-section.ts';
import { readTables } from './tables.ts';
import { relationsPicture, tablesSection } from './tables-section.ts';

/** Where the page is. */
export const schemaFile = 'docs/schema.md';

/** The page that shows what is remembered and announced, made of the entities, the streams and the list of Redis keys. */
export async function schemaPage(): Promise<string> {
  const tables = await readTables();
  const parts = [
    '# Schema',
    'What MySQL remembers, what Redis holds, and what is announced. Made by `npm run docs`; a test fails when it is stale.',
    'MySQL is the truth: whatever stands in Redis alone may be lost.',
    '## Tables',
    'Money is a whole number of minor units of the `currency` beside it; times are UTC with milliseconds; ' +
      'ids of 36 characters are UUIDs of version 7.',
    relationsPicture(tables),
    ...tablesSection(tables),
    '## Redis keys',
    ...redisSection(),
    '## Streams and events',
    ...(await streamsSection()),
  ];
  return `${parts.join('\n\n')}\n`;
}
