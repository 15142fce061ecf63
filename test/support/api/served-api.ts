import { once } from 'node:events';
import { buildApp } from '../../../src/api/app.ts';
import { type Patience, serveApi } from '../../../src/api/serve-api.ts';
import { openTestApi, type TestApi } from './test-api.ts';

/** The API in this process behind a socket of its own: for what only a connection shows. */
export type ServedApi = TestApi & Readonly<{ port: number }>;

/** Opens it on a free port; `patience` is how long it waits for a request. */
export async function openServedApi(patience?: Patience): Promise<ServedApi> {
  const api = await openTestApi();
  const { fetch } = await buildApp(api.ctx, api.parts);
  const server = serveApi({ fetch, publicUrl: api.ctx.config.publicUrl }, patience).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the API has no port');
  return {
    ...api,
    port: address.port,
    async close() {
      server.closeAllConnections();
      server.close();
      await api.close();
    },
  };
}
