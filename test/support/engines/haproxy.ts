import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../processes/process.ts';
import { type Node, planNode } from './server-node.ts';

/** Sends everybody to the first that is there; nobody stays at another when it is back. */
export async function openProxy(
  folder: string,
  unpacked: string,
  env: Record<string, string>,
  nodes: readonly Node[],
): Promise<Node> {
  const port = await freePort();
  const servers = nodes.map((node, index) => {
    const role = index === 0 ? 'on-marked-up shutdown-backup-sessions' : 'backup';
    return `  server n${index} ${node.host}:${node.port} check inter 300 fall 2 rise 3 on-marked-down shutdown-sessions ${role}`;
  });
  const lines = [
    'defaults',
    '  mode tcp',
    '  timeout connect 2s',
    '  timeout client 1h',
    '  timeout server 1h',
    '  timeout check 500ms',
    'listen mysql',
    `  bind 127.0.0.1:${port}`,
    '  option mysql-check user haproxy',
    ...servers,
  ];
  const file = join(folder, 'haproxy.cfg');
  await writeFile(file, `${lines.join('\n')}\n`);
  const program = join(unpacked, 'usr/sbin/haproxy');
  return planNode({
    port,
    folder,
    program,
    args: ['-V', '-db', '-f', file],
    env,
    saysReady: /as the polling mechanism/,
  });
}
