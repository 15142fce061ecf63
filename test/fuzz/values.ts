import fc, { type Arbitrary } from 'fast-check';
import { type JsonSchema, resolve, type Schemas } from './json-schema.ts';

const word = fc
  .tuple(fc.constantFrom('a', 'Z', '7', 'é', '漢', '🙂'), fc.string({ unit: 'grapheme', maxLength: 20 }))
  .map((parts) => parts.join(''));
const isoTime = fc
  .date({ min: new Date(0), max: new Date('2099-01-01'), noInvalidDate: true })
  .map((at) => at.toISOString());
const formats: Readonly<Record<string, Arbitrary<string>>> = {
  email: fc
    .tuple(fc.stringMatching(/^[a-z0-9]{1,20}$/), fc.stringMatching(/^[a-z]{1,9}$/))
    .map(([a, b]) => `${a}@${b}.example`),
  uuid: fc.uuid(),
  date: isoTime.map((time) => time.slice(0, 10)),
  'date-time': isoTime,
  // fast-check's own know every code point, which takes seconds to set up.
  uri: fc.stringMatching(/^https:\/\/[a-z]{1,9}\.example\/[\w~%]{0,20}$/).filter((made) => URL.canParse(made)),
};

/** Values that fit a schema. What a schema cannot say is said in rules.ts. */
export function fitting(given: JsonSchema, schemas: Schemas): Arbitrary<unknown> {
  const schema = resolve(given, schemas);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => fitting(one, schemas)));
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  return fc.oneof(...types.map((type) => fittingOf(type, schema, schemas)));
}

function fittingOf(type: string | undefined, schema: JsonSchema, schemas: Schemas): Arbitrary<unknown> {
  if (type === 'null') return fc.constant(null);
  if (type === 'boolean') return fc.boolean();
  if (type === 'string') return text(schema);
  if (type === 'integer') {
    const min = schema.minimum ?? (schema.exclusiveMinimum === undefined ? -1_000 : schema.exclusiveMinimum + 1);
    return fc.integer({ min, max: Math.min(schema.maximum ?? 1_000_000, 1_000_000_000) });
  }
  // Two decimals are what most currencies have.
  if (type === 'number') return fc.integer({ min: 1, max: 100_000 }).map((cents) => cents / 100);
  if (type === 'array') {
    const { minItems: minLength = 0, maxItems = 5 } = schema;
    return fc.array(fitting(schema.items ?? {}, schemas), {
      minLength,
      maxLength: Math.max(minLength, Math.min(maxItems, 5)),
    });
  }
  if (type === 'object') return object(schema, schemas);
  return fc.jsonValue({ maxDepth: 2 });
}

function text({ pattern, format, minLength = 0, maxLength = 200 }: JsonSchema): Arbitrary<string> {
  if (pattern !== undefined)
    return fc.stringMatching(new RegExp(pattern, 'u')).filter((value) => value.length <= maxLength);
  const known = format === undefined ? undefined : formats[format];
  return (known ?? word.map((value) => value + 'x'.repeat(minLength))).filter((value) => value.length <= maxLength);
}

function object({ properties = {}, required = [] }: JsonSchema, schemas: Schemas): Arbitrary<Record<string, unknown>> {
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, fitting(schema, schemas)]),
  );
  return fc.record(fields, { requiredKeys: required }).map((value) => ({ ...value }));
}

// All but the halves of a pair. fast-check's own unit `binary` takes seconds to set up.
const codePoint = fc.integer({ min: 0, max: 0x10ffff - 0x800 }).map((code) => (code < 0xd800 ? code : code + 0x800));

/** Values that hurt where they are not expected: wrong kinds, edges, and texts that systems stumble over. */
export const nasty: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1.5,
    1e308,
    -0,
    2 ** 53,
    '',
    ' ',
    '0',
    '\u0000',
    '\ud800',
    '’; --',
    '%00',
  ),
  fc.constantFrom<unknown>([], {}, [null], { $gt: '' }, { toString: 1 }, { length: 1e9 }, 'x'.repeat(20_000)),
  fc.constantFrom<unknown>('NaN', 'Infinity', '1e3', '0x10', '../../etc/passwd', '<script>alert(1)</script>', '${7*7}'),
  fc.array(codePoint, { maxLength: 50 }).map((codes) => String.fromCodePoint(...codes)),
  fc.jsonValue({ maxDepth: 3 }),
);

/** A fitting object with one field wrong, missing or unknown; it may by chance still fit. */
export function spoiled(schema: JsonSchema, schemas: Schemas): Arbitrary<unknown> {
  const { properties = {} } = resolve(schema, schemas);
  const names = [...Object.keys(properties), 'unknown', '__proto__', 'constructor'];
  const changed = fc
    .tuple(fitting(schema, schemas), fc.constantFrom(...names), nasty, fc.boolean())
    .map(([value, name, wrong, isRemoved]) => {
      const entries = Object.entries(typeof value === 'object' && value !== null ? value : {});
      const others = entries.filter(([key]) => key !== name);
      return isRemoved && name in properties
        ? Object.fromEntries(others)
        : Object.fromEntries([...others, [name, wrong]]);
    });
  return fc.oneof({ weight: 5, arbitrary: changed }, { weight: 1, arbitrary: nasty });
}
