import { openProxy } from './proxy.ts';

/** A TCP proxy that cuts a connection when the client says something, after passing that on. */
export type CuttingProxy = Readonly<{
  port: number;
  /** The next chunk from a client that matches is forwarded, and its connection is cut before any answer. */
  cutAfter(pattern: RegExp): void;
  /** How often it has cut. */
  cuts(): number;
  close(): Promise<void>;
}>;

/** Opens the proxy in front of a server. */
export async function openCuttingProxy(host: string, port: number): Promise<CuttingProxy> {
  let pattern: RegExp | undefined;
  let cuts = 0;
  const proxy = await openProxy(host, port, (client, upstream) => {
    let isCut = false;
    client
      .on('close', () => upstream.end())
      .on('data', (chunk) => {
        isCut ||= pattern?.test(chunk.toString('latin1')) ?? false;
        upstream.write(chunk, () => {
          if (isCut && !client.destroyed) {
            cuts += 1;
            pattern = undefined;
            client.resetAndDestroy();
          }
        });
      });
    upstream
      .on('close', () => client.destroy())
      .on('data', (chunk) => {
        if (!isCut) client.write(chunk);
      });
  });
  return {
    ...proxy,
    cutAfter: (next) => {
      pattern = next;
    },
    cuts: () => cuts,
  };
}
