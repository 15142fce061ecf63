import { readFileSync } from 'node:fs';
import { CannotStart } from '../tools/cannot-start.js';

/** No source has these servers: what was found instead, and every way to bring them on this system. */
export function missingServers(names, unusable) {
  const found = unusable.map((line) => `\n  ${line}`).join('');
  return new CannotStart(`There is no usable ${names.join(' and ')} on this machine.${found}`, remedies());
}

function remedies() {
  return [
    'One of these brings them:',
    `  ${installCommand()}`,
    '  start Docker (with its compose plugin); the services of docker-compose.yml are then used',
    '  name servers of your own: MYSQL_HOST, MYSQL_USER, MYSQL_PASSWORD and REDIS_HOST in .env',
    'Needed are MySQL 8 or MariaDB 10.11, and Redis 7 or Valkey 8, or newer.',
  ].join('\n');
}

function installCommand() {
  if (process.platform === 'darwin') return 'brew install mariadb redis';
  const system = readRelease();
  if (/alpine/.test(system)) return 'sudo apk add mariadb redis';
  if (/arch/.test(system)) return 'sudo pacman -S mariadb valkey';
  if (/fedora|rhel|centos/.test(system)) return 'sudo dnf install mariadb-server valkey';
  if (/suse/.test(system)) return 'sudo zypper install mariadb redis';
  return 'sudo apt-get install mariadb-server-core redis-server';
}

function readRelease() {
  try {
    return (
      readFileSync('/etc/os-release', 'utf8')
        .match(/^ID(?:_LIKE)?=.*$/gm)
        ?.join(' ') ?? ''
    );
  } catch {
    return '';
  }
}
