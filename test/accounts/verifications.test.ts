import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { endLinks } from '../../src/accounts/verifications.ts';
import { Verification } from '../../src/entities/accounts.entity.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

it('a wish that comes while the links of its address are ended does not count as mailed', async () => {
  const [id, email, createdAt] = [randomUUID(), `${randomUUID()}@example.com`, new Date()];
  const expiresAt = new Date(createdAt.getTime() + 60_000);
  await api.ctx.transaction(async (tx) => {
    let hasCome = false;
    const come = async (done: number) => {
      const em = api.ctx.orm.em.fork();
      if (!hasCome) await em.insert(Verification, { id, purpose: 'reset', email, createdAt, expiresAt });
      hasCome = true;
      return done;
    };
    const [update, remove] = [tx.nativeUpdate.bind(tx), tx.nativeDelete.bind(tx)];
    vi.spyOn(tx, 'nativeUpdate').mockImplementation(async (...asked) => come(await update(...asked)));
    vi.spyOn(tx, 'nativeDelete').mockImplementation(async (...asked) => come(await remove(...asked)));
    await endLinks(tx, email, createdAt);
    expect(hasCome).toBe(true);
  });
  expect(await api.ctx.orm.em.fork().findOne(Verification, { id })).toBeNull();
});
