import { z } from 'zod';

/** As much of JSON Schema as says what a value's type is; what only bounds it is left to whoever checks values. */
export const Schema = z.object({
  $ref: z.string().optional(),
  description: z.string().optional(),
  const: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
  enum: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), Schema).optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), Schema]).optional();
  },
  get items() {
    return Schema.optional();
  },
  get oneOf() {
    return z.array(Schema).optional();
  },
  get anyOf() {
    return z.array(Schema).optional();
  },
  get allOf() {
    return z.array(Schema).optional();
  },
});
export type Schema = z.output<typeof Schema>;

/** The schema as a type of TypeScript. */
export function typeText(schema: Schema, indent = ''): string {
  const { $ref, const: only, enum: some, oneOf, anyOf, allOf } = schema;
  if ($ref !== undefined) return $ref.slice($ref.lastIndexOf('/') + 1);
  if (only !== undefined) return literal(only);
  if (some) return isSpelledBoolean(some) ? 'boolean' : union(some.map(literal));
  const choices = oneOf ?? anyOf;
  if (choices) return union(choices.map((one) => typeText(one, indent)));
  if (allOf) return allOf.map((one) => `(${typeText(one, indent)})`).join(' & ');
  return union([schema.type ?? 'any'].flat().map((type) => ofType(type, schema, indent)));
}

/** A comment that explains what follows it. */
export function commentText(text: string | undefined, indent = ''): string {
  return text === undefined ? '' : `${indent}/** ${text.replaceAll('*/', '* /').replaceAll(/\s+/g, ' ')} */\n`;
}

function ofType(type: string, schema: Schema, indent: string): string {
  if (type === 'array') return `ReadonlyArray<${typeText(schema.items ?? {}, indent)}>`;
  if (type === 'object') return objectText(schema, indent);
  const simple: Readonly<Record<string, string>> = { integer: 'number', any: 'unknown' };
  return simple[type] ?? type;
}

function objectText({ properties = {}, required = [], additionalProperties: more }: Schema, indent: string): string {
  const inner = `${indent}  `;
  const members = Object.entries(properties).map(([name, member]) => {
    const isNeeded = required.includes(name);
    const type = `${typeText(member, inner)}${isNeeded ? '' : ' | undefined'}`;
    const comment = member.$ref === undefined ? commentText(member.description, inner) : '';
    return `${comment}${inner}${propertyName(name)}${isNeeded ? '' : '?'}: ${type};\n`;
  });
  const others = typeof more === 'object' ? typeText(more, inner) : more === true && 'unknown';
  if (members.length === 0) return `Readonly<Record<string, ${others || 'unknown'}>>`;
  const open = others ? `${inner}[more: string]: ${members.length > 0 ? 'unknown' : others};\n` : '';
  return `Readonly<{\n${members.join('')}${open}${indent}}>`;
}

function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name);
}

function literal(value: string | number | boolean | null): string {
  return typeof value === 'string' ? `'${value.replaceAll(/['\\]/g, '\\$&')}'` : String(value);
}

/** In a query a boolean is a word. */
function isSpelledBoolean(some: readonly unknown[]): boolean {
  return some.length === 2 && some.includes('true') && some.includes('false');
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ');
}
