import { execFile } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Files of a certificate for 127.0.0.1 that has signed itself, and of its key. */
export type Certificate = Readonly<{ certificate: string; key: string }>;

/** Makes one in `folder`; undefined where there is no `openssl`. */
export async function makeCertificate(folder: string): Promise<Certificate | undefined> {
  const [certificate, key] = [join(folder, 'own.pem'), join(folder, 'own.key')];
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const words = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    ...names,
    '-out',
    certificate,
    '-keyout',
    key,
  ];
  try {
    await promisify(execFile)('openssl', words);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  await chmod(key, 0o644);
  return { certificate, key };
}
