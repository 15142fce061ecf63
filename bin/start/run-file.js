import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `run.json`: where everything is, for tools and tests. Secret, because it holds the private server's password. */
export function runFile(dataDirectory) {
  const path = join(dataDirectory, 'run.json');
  return {
    write(content) {
      writeFileSync(`${path}.new`, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
    remove: () => rmSync(path, { force: true }),
  };
}

/** What a running `npm start` wrote there, or undefined. */
export function readRunFile(dataDirectory) {
  try {
    return JSON.parse(readFileSync(join(dataDirectory, 'run.json'), 'utf8'));
  } catch {
    return undefined;
  }
}
