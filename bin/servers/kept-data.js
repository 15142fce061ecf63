import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CannotStart } from '../tools/cannot-start.js';

const kinds = ['mysql', 'redis'];

/**
 * Whose data the data directory holds already, `{ mysql, redis }`: `{ source: 'private', product }`, with the product only where no
 * other can read them; `{ source: 'docker' }`; or undefined. Whatever comes or goes on the machine, a start goes on with these.
 */
export function keptData(dataDirectory) {
  const data = join(dataDirectory, 'mysql', 'data');
  const mysql = existsSync(data) && {
    source: 'private',
    place: data,
    // MySQL's own tables are in this file since MySQL 8; MariaDB has none of the name.
    product: existsSync(join(data, 'mysql.ibd')) ? 'MySQL' : 'MariaDB',
  };
  const log = join(dataDirectory, 'redis', 'appendonlydir');
  const redis = existsSync(log) && { source: 'private', place: log };
  const inDocker = servicesInDocker(dataDirectory);
  const kept = (kind, own) => own || (inDocker.includes(kind) ? { source: 'docker' } : undefined);
  return { mysql: kept('mysql', mysql), redis: kept('redis', redis) };
}

/** Notes which of them have their data in Docker; what the volumes hold cannot be seen from outside. */
export function noteInDocker(dataDirectory, services) {
  mkdirSync(join(dataDirectory, 'docker'), { recursive: true });
  const note = noteOf(dataDirectory);
  writeFileSync(`${note}.new`, JSON.stringify(services));
  renameSync(`${note}.new`, note);
}

function servicesInDocker(dataDirectory) {
  const note = noteOf(dataDirectory);
  if (existsSync(note)) return JSON.parse(readFileSync(note, 'utf8'));
  // Made before there were notes: whatever has no data of its own is there.
  return existsSync(join(dataDirectory, 'docker', 'password')) ? kinds : [];
}

const noteOf = (dataDirectory) => join(dataDirectory, 'docker', 'services.json');

const elsewhere = 'or begin with empty data in another folder: DATA_DIR=… npm start';

/** The data are in Docker, which is not there. */
export function dockerIsGone(names, dataDirectory) {
  return new CannotStart(
    `The data of ${names.join(' and ')} in ${dataDirectory} are in Docker, and no Docker engine answers.`,
    `Start Docker (with its compose plugin), ${elsewhere}`,
  );
}

/** There are data of a private server, and none that could read them; `unusable` says in words what there is. */
export function serverIsGone(name, { place, product = name }, unusable) {
  const found = unusable.map((line) => `\n  ${line}`).join('');
  return new CannotStart(
    `The data in ${place} were made by ${product}, and there is no usable ${product} on this machine any more.${found}`,
    `Install ${product} again, ${elsewhere}`,
  );
}
