import { expect, it } from 'vitest';
import { z } from 'zod';
import { BadConfig, readConfig, variables } from '../../../src/config.ts';
import { addDotEnv } from '../../../src/dot-env.ts';

const Environment = z.object({
  value: z.custom<(name: string) => string | undefined>((value) => typeof value === 'function'),
  isNamed: z.custom<(name: string) => boolean>((value) => typeof value === 'function'),
  isProduction: z.boolean(),
});
const bin = z
  .object({
    defaults: z.record(z.string(), z.string()),
    productVariables: z.array(z.string()),
    nothingSaid: z.custom<() => Record<string, string>>((value) => typeof value === 'function'),
    readEnvironment: z.custom<(env: object, dotEnv?: string) => unknown>((value) => typeof value === 'function'),
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

it.each([
  ['a value of its own', { SMTP_URL: 'smtp://own' }, { SMTP_URL: 'smtp://own', SMTP_URL_FILE: undefined }],
  ['a file of its own', { SMTP_URL_FILE: 'own' }, { SMTP_URL: 'smtp://said', SMTP_URL_FILE: 'own' }],
  ['an empty value', { SMTP_URL: '' }, { SMTP_URL: '', SMTP_URL_FILE: 'said' }],
  ['nothing', {}, { SMTP_URL: 'smtp://said', SMTP_URL_FILE: 'said' }],
])('the environment wins over `.env` with %s, to commands and processes alike', (_what, own, together) => {
  const said = 'SMTP_URL=smtp://said\nSMTP_URL_FILE=said\n';
  const ofProcess: NodeJS.ProcessEnv = { ...own };
  addDotEnv(ofProcess, said);
  // A process that reads it again finds the same.
  addDotEnv(ofProcess, said);
  const { all } = z.object({ all: z.record(z.string(), z.string()) }).parse(bin.readEnvironment(own, said));
  for (const env of [ofProcess, all]) expect({ ...together, ...env }).toEqual(together);
});

it('an empty password of the environment is none, whatever file `.env` names, to commands and processes alike', () => {
  const own = { MYSQL_PASSWORD: '' };
  const said = 'MYSQL_PASSWORD=said\nMYSQL_PASSWORD_FILE=said\n';
  const ofProcess: NodeJS.ProcessEnv = { ...own };
  addDotEnv(ofProcess, said);
  for (const env of [{ all: ofProcess }, bin.readEnvironment(own, said)]) expect(env).toHaveProperty('all', own);
});

it('tests are given no secret of a developer, whether the shell, `.env` or both say it', () => {
  const said = 'STRIPE_SECRET_KEY_FILE=said\n';
  const shell = { STRIPE_SECRET_KEY: 'of the shell' };
  const { all } = z.object({ all: z.record(z.string(), z.string()) }).parse(bin.readEnvironment(shell, said));
  const ofTest: NodeJS.ProcessEnv = { ...all, ...bin.nothingSaid() };
  addDotEnv(ofTest, said);
  expect(ofTest).toMatchObject({ STRIPE_SECRET_KEY: '', STRIPE_SECRET_KEY_FILE: '' });
});

it('production without servers is refused by the processes, by name', () => {
  expect(() => readConfig({ NODE_ENV: 'production', PAYMENT_GATEWAY: 'instant' })).toThrow(BadConfig);
  expect(() => readConfig({ NODE_ENV: 'production', PAYMENT_GATEWAY: 'instant' })).toThrow(
    /MYSQL_HOST[\s\S]*REDIS_HOST/,
  );
});
