import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { loadRoutes } from '../../../src/api/app.ts';
import { asyncApiRoutes } from '../../../src/api/docs/asyncapi.ts';
import { documented } from '../../../src/api/docs/documented.ts';
import { readOperationTexts } from '../../../src/api/docs/operations.ts';
import { loadDefinitions } from '../../../src/jobs/load-definitions.ts';

const texts = await readOperationTexts();
const routes = [...(await loadRoutes()), ...asyncApiRoutes(await loadDefinitions())];
const sections = readdirSync('src/api', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('operations.md'))
  .flatMap((name) => readFileSync(`src/api/${name}`, 'utf8').split(/^## /m).slice(1));

it('every heading names operations that there are, and no text is empty', () => {
  const operations = new Set(routes.map(({ route }) => route.operationId));
  const named = sections.flatMap((section) => section.split('\n', 1).flatMap((heading) => heading.split(', ')));
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((operation) => !operations.has(operation))).toEqual([]);
  expect([...texts].filter(([, text]) => text.length < 10)).toEqual([]);
});

it('every operation that is named shows all that is said of it, and what its definition says; no other shows anything', () => {
  for (const { who, route } of routes) {
    const { operationId } = route;
    const said = sections.filter((section) => section.split('\n', 1)[0]?.split(', ').includes(operationId));
    const words = said
      .flatMap((section) => section.split('\n').slice(1))
      .concat(route.description ?? '')
      .join(' ')
      .split(/\s+/)
      .filter(Boolean);
    const { description = '' }: Readonly<{ description?: string }> = documented(who, route, texts.get(operationId));
    expect(description.split(/\s+/).filter(Boolean), operationId).toEqual(words);
  }
});

it('what operations have in common follows what each has of its own, on one line a paragraph', () => {
  expect(texts.get('readCrypto')).toMatch(/^`BTC`, .* last\. Keys: `c` current price.* seconds\.$/);
  expect(texts.get('readQuote')).toMatch(/^Keys: `c` current price.* seconds\.$/);
});
