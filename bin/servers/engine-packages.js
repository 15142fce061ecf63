/** Debian packages of the servers that drills and `npm run test:servers` bring; an empty suite is the system's own. */
export const enginePackages = Object.freeze({
  galera: { suite: '', packages: ['galera-4', 'haproxy'] },
  'mysql-sid': { suite: 'sid', packages: ['mysql-server', 'mysql-server-core', 'mysql-client-core'] },
  'redis-sid': { suite: 'sid', packages: ['redis-server'] },
  'valkey-sid': { suite: 'sid', packages: ['valkey-server'] },
});
