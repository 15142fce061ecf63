import fc, { type Arbitrary } from 'fast-check';
import { resolve, validatorOf } from './json-schema.ts';
import type { Operation, Parameter } from './operations.ts';
import { ruleOf } from './rules.ts';
import { fitting, nasty, spoiled } from './values.ts';

/** A request: `fitting` must be taken, `unfitting` refused, and of `odd` ones nothing is known but that they may not hurt. */
export type Case = Readonly<{
  kind: 'fitting' | 'unfitting' | 'odd';
  path: string;
  query: readonly [string, string][];
  headers: Readonly<Record<string, string>>;
  body?: string;
}>;

type Given = Readonly<Record<string, string | undefined>>;

/** Requests to an operation; `ids` are real values of the parameters in its path. */
export function casesOf(operation: Operation, ids: Readonly<Record<string, string>>): Arbitrary<Case> {
  const good = fittingCase(operation, ids);
  const bad = [...unfittingBodies(operation, good), ...unfittingParameters(operation, good), withStranger(good)];
  const { isSlow, isNeverSure } = ruleOf(operation.id);
  const odd = oddCase(operation, good);
  return fc.oneof(
    { weight: isSlow ? 1 : 4, arbitrary: isNeverSure ? good.map((some) => ({ ...some, kind: 'odd' as const })) : good },
    { weight: isSlow ? 0 : 1, arbitrary: odd },
    ...bad.map((arbitrary) => ({ weight: Math.max(1, Math.floor(8 / bad.length)), arbitrary })),
  );
}

function fittingCase(operation: Operation, ids: Readonly<Record<string, string>>): Arbitrary<Case> {
  const { parameters: ruled = {}, body: ruledBody } = ruleOf(operation.id);
  const asText = (parameter: Parameter): Arbitrary<string | undefined> => {
    const given = ruled[parameter.name];
    if (given) return given;
    const known = fitting(parameter.schema, operation.schemas).map(String);
    const some = parameter.in === 'header' ? known.filter((text) => isHeader(text) && text.trim() === text) : known;
    return parameter.required ? some : fc.option(some, { nil: undefined });
  };
  const of = (place: Parameter['in']): Arbitrary<Given> =>
    fc.record(
      Object.fromEntries(operation.parameters.filter((one) => one.in === place).map((one) => [one.name, asText(one)])),
    );
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? ''));
  const bodied = operation.body ? (ruledBody ?? fitting(operation.body, operation.schemas)) : fc.constant(undefined);
  const body = operation.isBodyRequired ? bodied : fc.option(bodied, { nil: undefined });
  return fc.tuple(of('query'), of('header'), body).map(([query, headers, value]) => ({
    kind: 'fitting' as const,
    path,
    query: present(query),
    headers: Object.fromEntries(present(headers)),
    ...(value === undefined ? {} : { body: JSON.stringify(value) }),
  }));
}

const present = (given: Given): [string, string][] =>
  Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));

function unfittingBodies(operation: Operation, good: Arbitrary<Case>): Arbitrary<Case>[] {
  const { body, schemas } = operation;
  if (!body) return [];
  const fits = validatorOf(body, schemas, false);
  const text = fc.constantFrom(
    '{',
    '[',
    operation.isBodyRequired ? '' : '}',
    '{"a":1',
    "{'a':1}",
    '\u0000',
    `${'['.repeat(40)}${']'.repeat(40)}`,
  );
  const kind = 'unfitting' as const;
  const broken = fc.tuple(good, text).map(([some, wrong]) => ({ ...some, kind, body: wrong }));
  if (Object.keys(resolve(body, schemas).properties ?? {}).length === 0) return [broken];
  const wrong = spoiled(body, schemas)
    .map((value) => JSON.stringify(value))
    .filter((sent) => !fits.safeParse(JSON.parse(sent)).success);
  const ill = fc.tuple(good, wrong).map(([some, sent]) => ({ ...some, kind, body: sent }));
  // Of the two, the first finds much more.
  return [ill, ill, ill, broken];
}

/** With a parameter that the operation does not have. */
function withStranger(good: Arbitrary<Case>): Arbitrary<Case> {
  return good.map((some) => ({ ...some, kind: 'unfitting', query: [...some.query, ['no_such', '1']] }));
}

function unfittingParameters(operation: Operation, good: Arbitrary<Case>): Arbitrary<Case>[] {
  const kind = 'unfitting' as const;
  return operation.parameters.flatMap((parameter) => {
    const { name } = parameter;
    const fits = readingOf(operation, parameter);
    if (parameter.in === 'path') {
      // An id that fits is nobody's, unless it is a number; a symbol that fits can be named by whoever comes.
      const wrongPart = pathPart.filter((text) => (name === 'symbol' ? !fits(text) : !/^\d+$/.test(text)));
      return [
        fc.tuple(good, wrongPart).map(([some, part]) => ({ ...some, kind, path: somewhere(operation.path, part) })),
      ];
    }
    const wrong = nastyText.filter((text) => !fits(text) && (parameter.in === 'query' || isHeader(text)));
    const isBound = fc.sample(nastyText, { numRuns: 200, seed: 1 }).some((text) => !fits(text));
    const without = (some: Case) => some.query.filter(([key]) => key !== name);
    const missing = good.map((some) => ({ ...some, kind, query: without(some) }));
    const ill = fc
      .tuple(good, wrong)
      .map(
        ([some, text]): Case =>
          parameter.in === 'query'
            ? { ...some, kind, query: [...without(some), [name, text]] }
            : { ...some, kind, headers: { ...some.headers, [name]: text.trim() } },
      );
    return [...(isBound ? [ill] : []), ...(parameter.required && parameter.in === 'query' ? [missing] : [])];
  });
}

const isHeader = (text: string) => /^[\x20-\x7e]*$/.test(text);
const nastyText = nasty.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
// An empty part or one of dots would be another path.
const pathPart = nastyText.filter((text) => !/^\.*$/.test(text) && text.isWellFormed() && text.length < 3_000);

const somewhere = (path: string, part: string) => path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(part));

/** Tells whether a text fits. A number is read from it, and symbols may be written small. */
function readingOf({ schemas }: Operation, { schema }: Parameter): (text: string) => boolean {
  const fits = validatorOf(schema, schemas, false);
  return (text) => {
    const upper = text.trim().toUpperCase();
    const readings = (schema.anyOf ?? [schema]).flatMap(({ type }): readonly (string | number)[] =>
      type === 'integer' || type === 'number' ? [Number(text)] : [text, text.trim(), text.toUpperCase(), upper],
    );
    return readings.some((reading) => fits.safeParse(reading).success);
  };
}

function oddCase({ body, schemas, path }: Operation, good: Arbitrary<Case>): Arbitrary<Case> {
  const query = fc.array(fc.tuple(fc.constantFrom('limit', 'cursor', 'q', '__proto__', 'x[]'), nastyText), {
    maxLength: 3,
  });
  const sent = body ? spoiled(body, schemas).map((value) => JSON.stringify(value)) : fc.constant(undefined);
  return fc.tuple(good, query, sent, pathPart, fc.boolean()).map(([some, more, text, part, isElsewhere]) => ({
    ...some,
    kind: 'odd' as const,
    query: [...some.query, ...more],
    ...(text === undefined ? {} : { body: text }),
    ...(isElsewhere && path.includes('{') ? { path: somewhere(path, part) } : {}),
  }));
}
