import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { follow, freePorts, until } from '../processes/process.ts';

const { unpackPackages } = z
  .object({
    unpackPackages: z.custom<
      (tree: string, names: readonly string[]) => Promise<{ folders: string[]; env: { LD_LIBRARY_PATH: string } }>
    >((value) => typeof value === 'function'),
  })
  .parse(await import(new URL('../../../bin/servers/debian-packages.js', import.meta.url).href));

/** A balancer in front of APIs. */
export type Balancer = Readonly<{
  url: string;
  /** Resolves when it gives requests to all of them. */
  allUp(): Promise<void>;
  close(): Promise<void>;
}>;

/** Debian's HAProxy, unpacked beside the data of the tests, which asks each API for `/readyz`. @throws where it cannot be had. */
export async function openBalancer(urls: readonly string[]): Promise<Balancer> {
  const tree = fileURLToPath(new URL('../../../.data/haproxy', import.meta.url));
  const { folders, env } = await unpackPackages(tree, ['haproxy']);
  const folder = mkdtempSync(join(tmpdir(), 'orderflow-haproxy-'));
  const [port, statsPort] = await freePorts(2);
  const servers = urls.map((url, index) => `  server api${index} ${new URL(url).host} check inter 500ms fall 2 rise 1`);
  const settings = `defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout check 5s
  option redispatch
frontend shop
  bind 127.0.0.1:${port}
  default_backend apis
frontend stats
  bind 127.0.0.1:${statsPort}
  stats enable
  stats uri /
backend apis
  option httpchk GET /readyz
${servers.join('\n')}
`;
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, settings);
  const program = join(folders[0] ?? '', 'haproxy');
  const running = follow(spawn(program, ['-db', '-f', file], { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] }));
  const url = `http://127.0.0.1:${port}`;
  const allUp = async () => {
    await until(
      () => `the balancer has all APIs; it said ${running.output()}`,
      async () => {
        const answer = await fetch(`http://127.0.0.1:${statsPort}/;csv`).catch(() => undefined);
        const rows = (await answer?.text())?.split('\n').filter((line) => line.startsWith('apis,api')) ?? [];
        return (rows.length === urls.length && rows.every((row) => row.includes(',UP,'))) || undefined;
      },
    );
  };
  await allUp();
  return {
    url,
    allUp,
    async close() {
      await running.signal('SIGKILL');
      rmSync(folder, { recursive: true });
    },
  };
}
