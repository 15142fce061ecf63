import { openProxy } from './proxy.ts';

/** A TCP proxy that cuts a connection when the client says something, after passing that on. */
export type CuttingProxy = Readonly<{
  port: number;
  /**
   * The next chunk from a client that matches is forwarded, and its connection is cut before any answer; with `primer`, of a client
   * that has said that before, or at once.
   */
  cutAfter(pattern: RegExp, primer?: RegExp): void;
  /** How often it has cut. */
  cuts(): number;
  close(): Promise<void>;
}>;

/** Opens the proxy in front of a server. */
export async function openCuttingProxy(host: string, port: number): Promise<CuttingProxy> {
  let [pattern, primer]: RegExp[] = [];
  let cuts = 0;
  const proxy = await openProxy(host, port, (client, upstream) => {
    let isCut = false;
    let primed: RegExp | undefined;
    client
      .on('close', () => upstream.end())
      .on('data', (chunk) => {
        const said = chunk.toString('latin1');
        if (primer?.test(said)) primed = primer;
        isCut ||= primed === primer && (pattern?.test(said) ?? false);
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
    cutAfter: (...next) => {
      [pattern, primer] = next;
    },
    cuts: () => cuts,
  };
}
