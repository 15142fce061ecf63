import { expect, it } from 'vitest';
import { z } from 'zod';
import { BadConfig, readConfig, variables } from '../../../src/config.ts';

const Environment = z.object({
  value: z.custom<(name: string) => string | undefined>((value) => typeof value === 'function'),
  isNamed: z.custom<(name: string) => boolean>((value) => typeof value === 'function'),
  isProduction: z.boolean(),
});
const bin = z
  .object({
    defaults: z.record(z.string(), z.string()),
    productVariables: z.array(z.string()),
    readEnvironment: z.custom<(env: object) => unknown>((value) => typeof value === 'function'),
  })
  .parse(await import(new URL('../../../bin/tools/environment.js', import.meta.url).href));

it('the commands and the processes know the same names and defaults', () => {
  const config: Readonly<Record<string, unknown>> = readConfig({
    MYSQL_HOST: '127.0.0.1',
    REDIS_HOST: '127.0.0.1',
    PAYMENT_GATEWAY: 'instant',
    PUBLIC_URL: 'https://shop.example',
  });
  for (const [name, value] of Object.entries(bin.defaults)) expect([name, String(config[name])]).toEqual([name, value]);
  expect(bin.productVariables).toEqual(expect.arrayContaining(Object.keys(variables)));
});

it('empty counts as unset, and an empty WATCHLIST as named', () => {
  const environment = Environment.parse(
    bin.readEnvironment({ FINNHUB_API_KEY: '', WATCHLIST: '', NODE_ENV: 'production' }),
  );
  expect(environment.value('FINNHUB_API_KEY')).toBeUndefined();
  expect(environment.isNamed('WATCHLIST')).toBe(true);
  expect(environment.isNamed('MYSQL_HOST')).toBe(false);
  expect(environment.isProduction).toBe(true);
});

it('production without servers is refused by the processes, by name', () => {
  expect(() => readConfig({ NODE_ENV: 'production', PAYMENT_GATEWAY: 'instant' })).toThrow(BadConfig);
  expect(() => readConfig({ NODE_ENV: 'production', PAYMENT_GATEWAY: 'instant' })).toThrow(
    /MYSQL_HOST[\s\S]*REDIS_HOST/,
  );
});
