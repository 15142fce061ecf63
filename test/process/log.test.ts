import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { describeError, openLog } from '../../src/process/log.ts';

/** What a log writes for one entry. */
function written(entry: object, secrets: readonly string[] = []): string {
  let text = '';
  const log = openLog(
    'test',
    'info',
    secrets,
    new Writable({ write: (part, _encoding, done) => done(void (text += String(part))) }),
  );
  log.info(entry, 'said');
  return text;
}

describe('a line of the log', () => {
  it.each([
    ['a password', { password: 'canary' }],
    ['a token further in', { login: { token: 'canary' } }],
    ['a client secret by its name', { payment: { client_secret: 'canary' } }],
    ['a client secret by its looks', { note: 'see pi_3Abc_secret_canary for more' }],
    ['a key of the gateway', { url: 'https://example.com/?key=sk_test_canary' }],
    ['a secret of webhooks', { list: ['whsec_canary'] }],
    ['a secret of webhooks behind the signs of base64', { note: 'whsec_a+canary/canary== is its secret' }],
    ['a bearer token', { headers: ['authorization: Bearer canarycanarycanarycanary'] }],
    ['a hash of a password', { sql: "insert '$argon2id$v=19$m=19456,t=2,p=1$canary$canary'" }],
  ])('does not hold %s', (_what, entry) => {
    const line = written(entry);
    expect(line).toContain('[secret]');
    expect(line).not.toContain('canary');
    expect(JSON.parse(line)).toMatchObject({ msg: 'said', role: 'test' });
  });

  it('holds no secret of the configuration, wherever it stands and however it is quoted', () => {
    const secret = 'a "canary" \\ key';
    const line = written({ err: new Error(`refused ${secret}`), also: { deep: [secret] } }, [secret, 'root']);
    expect(line).not.toContain('canary');
    expect(JSON.parse(line)).toMatchObject({ also: { deep: ['[secret]'] } });
  });

  it('is not censored for a word that is too short to be a secret', () => {
    expect(written({ user: 'root' }, ['root'])).toContain('root');
  });
});

describe('an error in the log', () => {
  it('says where and why, and nothing of what hangs on it', () => {
    const error = Object.assign(new Error('insert into users values ("canary") - Duplicate'), {
      code: 'ER_DUP_ENTRY',
      sql: 'insert canary',
      sqlMessage: "Duplicate entry 'canary' for key 'users_email_unique'",
      command: { name: 'set', args: ['canary'] },
      raw: { payment_intent: { client_secret: 'canary' } },
    });
    const line = written({ err: new Error('outer', { cause: error }) });
    expect(line).not.toContain('canary');
    expect(describeError(error)).toMatchObject({
      type: 'Error',
      message: "Duplicate entry for key 'users_email_unique'",
      code: 'ER_DUP_ENTRY',
    });
    expect(line).toContain('log.test.ts');
  });

  it('has an end, however long its text and its chain of causes', () => {
    let error = new Error('x'.repeat(100_000));
    for (let depth = 0; depth < 50; depth += 1) error = new Error('x'.repeat(100_000), { cause: error });
    expect(written({ err: error }).length).toBeLessThan(20_000);
    expect(describeError('a text')).toMatchObject({ type: 'string', message: 'a text' });
  });
});
