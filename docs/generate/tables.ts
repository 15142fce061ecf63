import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type EntityMetadata, type EntityProperty, MikroORM } from '@mikro-orm/mysql';
import { readConfig } from '../../src/config.ts';
import { allEntities, ormOptions } from '../../src/entities/orm-options.ts';

/** A column as MySQL has it, and what its entity says about it. */
export type Column = Readonly<{
  name: string;
  type: string;
  isNullable: boolean;
  isPrimary: boolean;
  /** The table that it refers to. */
  refersTo: string | undefined;
  about: string;
}>;

/** A table with the sentence above its entity, its columns and its keys. */
export type Table = Readonly<{
  name: string;
  entity: string;
  about: string;
  columns: readonly Column[];
  keys: readonly Key[];
}>;

/** An index besides the primary key, and what asks for it: the sentence above it in the entity. */
export type Key = Readonly<{ columns: readonly string[]; isUnique: boolean; about: string }>;

const folder = 'src/entities';
// No server is asked: the metadata is complete without one.
const offline = { NODE_ENV: 'test', MYSQL_HOST: 'none', REDIS_HOST: 'none', PAYMENT_GATEWAY: 'instant' };

/** Every table, as the entities declare it. */
export async function readTables(): Promise<Table[]> {
  const orm = await MikroORM.init(ormOptions(readConfig(offline)));
  const sources = { entities: await readAll(/\.entity\.ts$/), shared: await readAll(/(?<!\.entity)\.ts$/) };
  const tables = allEntities.map(({ meta }) => tableOf(orm.getMetadata().getByClassName(meta.className), sources));
  await orm.close(true);
  return tables;
}

async function readAll(pattern: RegExp): Promise<string> {
  const names = (await readdir(folder)).filter((name) => pattern.test(name));
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('\n');
}

type Sources = Readonly<{ entities: string; shared: string }>;

function tableOf(meta: EntityMetadata, { entities, shared }: Sources): Table {
  const { className, tableName, props } = meta;
  const declared = entities.indexOf(`export const ${className} = `);
  const own = entities.slice(declared, entities.indexOf('\n});', declared));
  return {
    name: tableName,
    entity: className,
    about: docstringBefore(entities, `export const ${className} = `),
    // A column may be declared in a file that several entities share.
    columns: props.flatMap((prop) => columnsOf(prop, declares(own, prop) ? own : shared)),
    keys: keysOf(meta, own),
  };
}

function keysOf({ props, uniques, indexes }: EntityMetadata, source: string): Key[] {
  const ofColumns = (is: (prop: EntityProperty) => unknown, isUnique: boolean) =>
    props.filter((prop) => is(prop)).map(({ fieldNames: columns }) => ({ columns, isUnique, about: '' }));
  const ofTable = (some: EntityMetadata['uniques'], isUnique: boolean) =>
    some.map(({ properties }) => ({
      columns: columnNames(props, properties),
      isUnique,
      about: docstringBefore(
        source,
        `{ properties: [${namesOf(properties)
          .map((name) => `'${name}'`)
          .join(', ')}] }`,
      ),
    }));
  return [
    ...ofColumns(({ unique }) => unique, true),
    ...ofTable(uniques, true),
    ...ofColumns(({ index }) => index, false),
    ...ofTable(indexes, false),
  ];
}

function namesOf(properties: unknown): string[] {
  return Array.isArray(properties) ? properties.map(String) : [String(properties)];
}

function columnNames(props: readonly EntityProperty[], properties: unknown): string[] {
  return namesOf(properties).flatMap((name) => props.find((prop) => prop.name === name)?.fieldNames ?? []);
}

function declares(source: string, { name }: EntityProperty): boolean {
  return new RegExp(`^\\s*${name}: `, 'm').test(source);
}

function columnsOf(prop: EntityProperty, source: string): Column[] {
  const { name, fieldNames, columnTypes, nullable, primary, targetMeta, unsigned } = prop;
  return fieldNames.map((field, index) => ({
    name: field,
    type: `${columnTypes[index] ?? ''}${unsigned ? ' unsigned' : ''}`.replace(/( unsigned){2}/, ' unsigned'),
    isNullable: nullable === true,
    isPrimary: primary === true,
    refersTo: targetMeta?.tableName,
    about: docstringBefore(source, `${name}: `),
  }));
}

/** The text of the docstring that ends right before `code`. */
function docstringBefore(source: string, code: string): string {
  const escaped = code.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const found = new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s*${escaped}`).exec(source);
  return (found?.[1] ?? '').replaceAll(/\s*\n\s*\*\s?/g, ' ').trim();
}
