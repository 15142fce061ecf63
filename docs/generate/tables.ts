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

/** A table with the sentence above its entity, and its keys and indexes by their columns. */
export type Table = Readonly<{
  name: string;
  entity: string;
  about: string;
  columns: readonly Column[];
  uniques: readonly (readonly string[])[];
  indexes: readonly (readonly string[])[];
}>;

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
  const { className, tableName, props, uniques, indexes } = meta;
  const declared = entities.indexOf(`export const ${className} = `);
  const own = entities.slice(declared, entities.indexOf('\n});', declared));
  const inColumns = (properties: unknown) => columnNames(props, properties);
  const single = (is: (prop: EntityProperty) => unknown) => props.filter((prop) => is(prop)).map((p) => p.fieldNames);
  return {
    name: tableName,
    entity: className,
    about: docstringBefore(entities, `export const ${className} = `),
    // A column may be declared in a file that several entities share.
    columns: props.flatMap((prop) => columnsOf(prop, declares(own, prop) ? own : shared)),
    uniques: [...single(({ unique }) => unique), ...uniques.map(({ properties }) => inColumns(properties))],
    indexes: [
      ...single(({ index, targetMeta, fieldNames }) => index && !(targetMeta && startsAnother(meta, fieldNames))),
      ...indexes.map(({ properties }) => inColumns(properties)),
    ],
  };
}

/** A foreign key needs no index of its own beside one that begins with it. */
function startsAnother({ props, indexes, uniques }: EntityMetadata, [name]: readonly string[]): boolean {
  return [...indexes, ...uniques].some(({ properties }) => columnNames(props, properties)[0] === name);
}

function columnNames(props: readonly EntityProperty[], properties: unknown): string[] {
  const names = Array.isArray(properties) ? properties.map(String) : [String(properties)];
  return names.flatMap((name) => props.find((prop) => prop.name === name)?.fieldNames ?? []);
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
