import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';

/** The private Redis or Valkey in `folder`: `{ plan, connection }`. Without `isDurable` (tests) it keeps nothing. */
export function redisServer({ server, folder, port, db, isDurable }) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const keeping = isDurable
    ? ['--appendonly', 'yes', '--databases', '16']
    : ['--appendonly', 'no', '--databases', '512'];
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
  const plan = {
    role: 'redis',
    command: server.program,
    args: [...place, '--daemonize', 'no', '--save', '', '--maxmemory-policy', 'noeviction', ...keeping],
    env: server.env,
    cwd: folder,
    isReady: async (pid) => {
      const info = await ask(port, 'INFO');
      // By its process id: a stranger on that port is never written to. LOADING lasts until the data is read.
      return info.includes(`process_id:${pid}\r\n`) && info.includes('loading:0\r\n');
    },
  };
  return { plan, connection: { host: '127.0.0.1', port, db } };
}

function ask(port, command) {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 2000 });
    let answer = '';
    const finish = () => {
      socket.destroy();
      resolve(answer);
    };
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(`${command}\r\nQUIT\r\n`));
    socket.on('data', (text) => {
      answer += text;
    });
    for (const event of ['close', 'error', 'timeout']) socket.once(event, finish);
  });
}
