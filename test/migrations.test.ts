import { readFileSync } from 'node:fs';
import type { MikroORM } from '@mikro-orm/mysql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';
import { ownData } from './servers.ts';
import { createDatabase } from './test-context.ts';

const readSnapshot = () => readFileSync('migrations/.snapshot.json', 'utf8');
const before = readSnapshot();
let orm: MikroORM;
beforeAll(async () => {
  orm = await createDatabase(readConfig(await ownData()));
});
afterAll(async () => {
  await orm.schema.dropDatabase();
  await orm.close(true);
});

describe('the migrations', () => {
  it('make the tables that the entities say', async () => {
    expect(await orm.migrator.checkSchema()).toBe(false);
    expect(await orm.schema.getUpdateSchemaSQL()).not.toMatch(
      /create table|add column|drop column|add (unique )?index/,
    );
  });

  it('change no file of the repository when they run, whatever the server says of itself', () => {
    expect(readSnapshot()).toBe(before);
  });
});
