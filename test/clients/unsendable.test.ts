import { expect, it } from 'vitest';
import { openOrderflow } from '../../clients/typescript/src/orderflow.ts';
import { listen } from '../support/upstreams/local-server.ts';

it('says at once that no request can be made, and sends none', async () => {
  const heard: (string | undefined)[] = [];
  const server = await listen((request, response) => {
    heard.push(request.url);
    response.end('{}');
  });
  const { url } = server;
  const [once, secret] = [{ patienceMs: 0 }, 'ofk_ab\ncd…'];
  for (const wrong of ['foo', 'localhost:8012', 'ftp://127.0.0.1', 'http://', url.replace('//', '//somebody:word@')])
    await expect(openOrderflow({ url: wrong }).listOrders({}, once), wrong).rejects.toThrow(TypeError);
  const refused = await openOrderflow({ url, key: secret })
    .listOrders({}, once)
    .catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(TypeError);
  expect(String(refused)).not.toContain('ofk_');
  const placing = openOrderflow({ url }).placeOrder(
    { body: { products: [1] } },
    { ...once, intention: 'bestellung-ü€' },
  );
  await expect(placing).rejects.toThrow(/^the intention has characters that no header can carry$/);
  const following = openOrderflow({ url }).followOrders({ after: '…', patienceMs: 0 });
  await expect(following.next()).rejects.toThrow(TypeError);
  await server.close();
  expect(heard).toEqual([]);
});

it('asks wherever its own fetch finds something', async () => {
  const ownFetch: typeof fetch = async (place) => Response.json({ place });
  expect(await openOrderflow({ fetch: ownFetch }).me()).toEqual({ place: '/auth/me' });
});
