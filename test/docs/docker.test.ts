import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const { smallYoungGeneration } = z
  .object({ smallYoungGeneration: z.string() })
  .parse(await import(new URL('../../bin/start/node-parts.js', import.meta.url).href));

const Service = z.looseObject({
  image: z.string().optional(),
  command: z.union([z.string(), z.array(z.string())]).optional(),
  ports: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  healthcheck: z.looseObject({}).optional(),
  container_name: z.string().optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
});
const Compose = z.looseObject({ services: z.record(z.string(), Service) });

const compose = Compose.parse(parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }));
const dockerfile = readFileSync('Dockerfile', 'utf8');

function service(name: string): z.infer<typeof Service> {
  const found = compose.services[name];
  if (!found) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

describe('docker-compose.yml', () => {
  it('has MySQL 8.4 and a Redis that keeps what it is given', () => {
    expect(service('mysql').image).toBe('mysql:8.4');
    expect(service('redis').image).toMatch(/^redis:[78]/);
    expect(service('redis').command).toContain('--appendonly yes');
    expect(service('redis').command).toContain('--maxmemory-policy noeviction');
  });

  it('migrates once, when MySQL is well, and starts the API and the workers after that', () => {
    expect(service('migrate').depends_on?.['mysql']?.condition).toBe('service_healthy');
    for (const name of ['api', 'worker']) {
      expect(service(name).depends_on?.['migrate']?.condition).toBe('service_completed_successfully');
      expect(service(name).depends_on?.['redis']?.condition).toBe('service_healthy');
    }
    expect(service('mysql').healthcheck).toBeDefined();
    expect(service('redis').healthcheck).toBeDefined();
  });

  it('runs the commands of production, on its own servers', () => {
    expect(service('migrate').command).toEqual(['node', 'src/commands/migrate.ts']);
    expect(service('api').command).toEqual(['node', 'src/api/main.ts']);
    expect(service('worker').command).toEqual(['node', 'src/workers/main.ts']);
    for (const name of ['migrate', 'api', 'worker'])
      expect(service(name).environment).toMatchObject({
        NODE_ENV: 'production',
        MYSQL_HOST: 'mysql',
        REDIS_HOST: 'redis',
      });
  });

  it('opens ports on this machine alone, and none that would keep workers from being several', () => {
    const ports = Object.values(compose.services).flatMap((each) => each.ports ?? []);
    expect(ports).not.toEqual([]);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    expect(service('worker').ports).toBeUndefined();
    expect(service('worker').container_name).toBeUndefined();
  });

  it('has no password of its own', () => {
    expect(service('mysql').environment?.['MYSQL_PASSWORD']).toMatch(/^\$\{MYSQL_PASSWORD:\?/);
  });
});

describe('Dockerfile', () => {
  it('builds in stages, for production, and runs the API as an ordinary user', () => {
    expect(dockerfile.match(/^FROM node:24-slim/gm)).toHaveLength(3);
    expect(dockerfile).toMatch(/npm ci --omit=dev/);
    expect(dockerfile).toMatch(/vite\.js build dashboard$/m);
    expect(dockerfile).toMatch(/^COPY --from=page \/app\/dashboard\/dist /m);
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toContain(`NODE_OPTIONS=${smallYoungGeneration}\n`);
    for (const page of ['docs/operating.md', 'docs/performance.md'])
      expect(readFileSync(page, 'utf8').match(/--max-semi-space-size=\d+/g)).toEqual([smallYoungGeneration]);
    // A list, not a line for a shell: the signal that ends a container must reach the API itself.
    expect(dockerfile.trimEnd().split('\n').at(-1)).toBe('CMD ["node", "src/api/main.ts"]');
  });

  it('copies the source and the migrations, and nothing of the tests', () => {
    for (const folder of ['src', 'migrations']) expect(dockerfile).toMatch(new RegExp(`^COPY ${folder} `, 'm'));
    expect(dockerfile).not.toMatch(/COPY (--from=\S+ )?(\.|test|sandbox) /);
  });

  it('leaves nothing of the source out: the texts of the API and the scripts of Redis are read from there', () => {
    const ignored = readFileSync('.dockerignore', 'utf8').split('\n').filter(Boolean);
    expect(ignored.filter((pattern) => /^(src|migrations)|\*\*|\.(md|lua)$/.test(pattern))).toEqual([]);
  });
});
