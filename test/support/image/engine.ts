import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import { openBuildah } from './buildah.ts';

/** A container of the image under test, with this machine's network. */
export type Container = Readonly<{
  output(): Promise<string>;
  /** Its exit code, once it has ended by itself. */
  ended(): Promise<number>;
  /** Its exit code after a SIGTERM. */
  terminate(): Promise<number>;
  /** Files that it has made or changed since it began, but for kernel file systems. */
  written(): Promise<readonly string[]>;
  remove(): Promise<void>;
}>;

/** What builds the Dockerfile of a folder, and runs what comes out. */
export type ImageEngine = Readonly<{
  name: string;
  build(folder: string): Promise<void>;
  start(command: readonly string[], env: Readonly<Record<string, string>>): Promise<Container>;
  /** What was built is thrown away. */
  close(): Promise<void>;
}>;

const run = promisify(execFile);
const image = 'orderflow-under-test';

/** The first engine that works here: Docker, podman, or Debian's buildah with chroot isolation. @throws why there is none. */
export async function findEngine(): Promise<ImageEngine> {
  const reasons: string[] = [];
  for (const program of ['docker', 'podman'])
    try {
      await run(program, ['info'], { timeout: 20_000 });
      if (program === 'podman') await run(program, ['unshare', 'true'], { timeout: 20_000 });
      return openDocker(program);
    } catch (error) {
      reasons.push(`${program}: ${firstLine(error)}`);
    }
  try {
    return await openBuildah();
  } catch (error) {
    reasons.push(`buildah: ${firstLine(error)}`);
  }
  throw new Error(reasons.join('; '));
}

function firstLine(error: unknown): string {
  const { stderr, message } = z.looseObject({ stderr: z.string().default(''), message: z.string() }).parse(error);
  return (stderr.trim() || message).split('\n')[0] ?? '';
}

/** Docker, or podman, which takes the same commands. */
function openDocker(program: string): ImageEngine {
  const ask = async (...args: string[]) => (await run(program, args, { maxBuffer: 64 * 1024 * 1024 })).stdout.trim();
  return {
    name: program,
    build: async (folder) => void (await ask('build', '-t', image, folder)),
    async start(command, env) {
      const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
      const safe = ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges', '--network=host'];
      const id = await ask('run', '-d', ...safe, ...variables, image, ...command);
      const code = async () => Number(await ask('wait', id));
      return {
        output: async () => {
          const { stdout, stderr } = await run(program, ['logs', id]);
          return stdout + stderr;
        },
        ended: code,
        async terminate() {
          await ask('kill', '--signal=TERM', id);
          return code();
        },
        written: async () => (await ask('diff', id)).split('\n').filter(Boolean),
        remove: async () => void (await ask('rm', '-f', id)),
      };
    },
    close: async () => void (await ask('rmi', '-f', image)),
  };
}
