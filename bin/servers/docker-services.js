import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CannotStart } from '../tools/cannot-start.js';
import { root } from '../tools/environment.js';
import { freePorts } from './free-ports.js';
import { runTool } from '../tools/run-tool.js';

/** Whether a Docker engine answers and can read a compose file; the program alone proves neither. */
export async function dockerAnswers() {
  const [engine, compose] = await Promise.all([
    runTool('docker', ['info'], { ms: 10_000 }),
    runTool('docker', ['compose', 'version'], { ms: 10_000 }),
  ]);
  return engine.code === 0 && compose.code === 0;
}

/**
 * Brings up services of `docker-compose.yml` on free loopback ports, in a project of this data directory's own.
 * Answers their connections; the supervisor stops the containers at the end, and their data stays.
 */
export async function dockerServices({ environment, supervisor, folder, names, database, db }) {
  mkdirSync(folder, { recursive: true });
  const project = `orderflow-${createHash('sha256').update(folder).digest('hex').slice(0, 10)}`;
  const password = keptPassword(folder);
  const [mysqlPort, redisPort] = await freePorts(2);
  const env = { ...environment.all, ...composeVariables({ password, database, mysqlPort, redisPort }) };
  const demanded = ['MYSQL_PASSWORD', 'MYSQL_ROOT_PASSWORD', 'REDIS_PASSWORD'].map((name) => `${name}=unused`);
  const compose = (...args) => ['compose', '-f', join(root, 'docker-compose.yml'), '-p', project, ...args];
  // The file demands a password to be read at all; stopping needs none.
  supervisor.atEnd(['env', ...demanded, 'docker', ...compose('stop', '--timeout', '3')]);
  const up = await runTool('docker', compose('up', '-d', '--wait', ...names), { cwd: root, env, ms: 900_000 });
  if (up.code !== 0)
    throw new CannotStart(`docker compose could not bring up ${names.join(' and ')}:\n${up.output.slice(-1500)}`);
  if (names.includes('mysql')) await grant(mysqlPort, password);
  return {
    mysql: { host: '127.0.0.1', port: mysqlPort, user: 'orderflow', password, database },
    redis: { host: '127.0.0.1', port: redisPort, db },
  };
}

/** What `docker-compose.yml` is told of its two servers. */
export function composeVariables({ password, database, mysqlPort, redisPort }) {
  return {
    MYSQL_PASSWORD: password,
    MYSQL_ROOT_PASSWORD: password,
    // On loopback, as the private Redis of any other source.
    REDIS_ACL: 'default on nopass ~* &* +@all',
    // The file takes no empty one. It opens nothing, and its own check of Redis goes on where a password is not needed.
    REDIS_PASSWORD: 'unused',
    MYSQL_DB: database,
    MYSQL_PUBLISH: String(mysqlPort),
    REDIS_PUBLISH: String(redisPort),
  };
}

/** The image gives its user one database; tests make more. */
async function grant(port, password) {
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection({ host: '127.0.0.1', port, user: 'root', password });
  try {
    await connection.query("GRANT ALL PRIVILEGES ON `orderflow%`.* TO 'orderflow'@'%'");
  } finally {
    await connection.end();
  }
}

function keptPassword(folder) {
  const file = join(folder, 'password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('hex'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}
