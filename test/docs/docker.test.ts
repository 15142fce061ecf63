import { existsSync, readFileSync } from 'node:fs';
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

  it('has each command that the pages name for a container, of a service or a deployment that there is', () => {
    const pages = ['docs/operating.md', 'docs/upgrading.md'].map((page) => readFileSync(page, 'utf8')).join('\n');
    const ofCompose = [...pages.matchAll(/`docker compose (?:exec|run --rm) (\w+)(?: node (\S+))?`/g)];
    const ofKubernetes = [...pages.matchAll(/`kubectl --namespace (\S+) exec deploy\/(\S+) -- node (\S+)`/g)];
    for (const [, name = ''] of ofCompose) expect(service(name).image).toBe('orderflow');
    const manifests = ['api', 'migrate', 'namespace'].map((name) => `deploy/kubernetes/base/${name}.yaml`);
    const deployed = manifests.map((file) => readFileSync(file, 'utf8')).join('\n');
    for (const [, space, name] of ofKubernetes)
      for (const one of [space, name]) expect(deployed).toMatch(new RegExp(`^  name: ${one}$`, 'm'));
    for (const [, job] of pages.matchAll(/the Job `(\S+)`/g)) expect(deployed).toContain(`  name: ${job}\n`);
    const named = [...ofCompose.map(([, , file]) => file), ...ofKubernetes.map(([, , , file]) => file)];
    expect(new Set(named.filter(Boolean))).toEqual(new Set(['src/commands/doctor.ts']));
    expect(ofKubernetes).toHaveLength(1);
    for (const [, file = ''] of pages.matchAll(/`node (src\/\S+\.ts)`/g)) expect(existsSync(file), file).toBe(true);
    expect(dockerfile).toMatch(/^COPY src \.\/src$/m);
    // What is only in a checkout is said to be so.
    expect(dockerfile.includes('COPY bin ')).toBe(!pages.includes('without `bin/`'));
  });

  it('holds the name of each thing that the doctor finds', () => {
    const page = readFileSync('docs/operating.md', 'utf8');
    const sources = ['diagnose', 'reach', 'redis', 'settings', 'work'].map((name) => `src/doctor/${name}.ts`);
    const ids = sources.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/^ +'([a-z]+(?:_[a-z]+)+)',$/gm)].map(([, id = '']) => id),
    );
    expect(ids.length).toBeGreaterThan(10);
    const isNamed = (id: string) => page.includes(`\`${id}\``) || /^(mysql|redis)_/.test(id);
    expect(ids.filter((id) => !isNamed(id))).toEqual([]);
  });

  it('leaves nothing of the source out: the texts of the API and the scripts of Redis are read from there', () => {
    const ignored = readFileSync('.dockerignore', 'utf8').split('\n').filter(Boolean);
    expect(ignored.filter((pattern) => /^(src|migrations)|\*\*|\.(md|lua)$/.test(pattern))).toEqual([]);
  });
});
