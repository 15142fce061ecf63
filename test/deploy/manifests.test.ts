import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { readConfig, variables } from '../../src/config.ts';
import { queues } from '../../src/jobs/queues.ts';
import { Manifest } from '../support/manifests.ts';

const folder = 'deploy/kubernetes';
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
const isList = (file: string) => basename(file) === 'kustomization.yaml';
const manifests = files
  .filter((file) => !isList(file))
  .flatMap((file) => parseAllDocuments(readFileSync(join(folder, file), 'utf8')))
  .map((document) => Manifest.parse(document.toJSON()));
const ofKind = <K extends Manifest['kind']>(kind: K) =>
  manifests.filter((some): some is Extract<Manifest, { kind: K }> => some.kind === kind);
const deployments = ofKind('Deployment');
const settings = ofKind('ConfigMap')[0]?.data ?? {};
const containers = [...deployments, ...ofKind('Job')].map(({ spec }) => spec.template.spec.containers[0]);

const secrets = mkdtempSync(join(tmpdir(), 'orderflow-secrets-'));
afterAll(() => rmSync(secrets, { recursive: true }));

describe('the manifests', () => {
  it('are listed, each in the kustomization of its folder', () => {
    const Kustomization = z.looseObject({ resources: z.array(z.string()) });
    for (const list of files.filter(isList)) {
      const { resources } = Kustomization.parse(parse(readFileSync(join(folder, list), 'utf8')));
      const beside = files
        .filter((file) => !isList(file) && join(file, '..') === join(list, '..'))
        .map((file) => basename(file));
      expect(resources.filter((name) => name.endsWith('.yaml')).toSorted(), list).toEqual(beside.toSorted());
    }
    expect(manifests.length).toBeGreaterThan(15);
  });

  it('name only variables that exist, and all that production needs', () => {
    for (const container of containers) {
      const env = { ...settings, ...Object.fromEntries(container.env?.map(({ name, value }) => [name, value]) ?? []) };
      const isKnown = (name: string) => name in variables || name.replace(/_FILE$/, '') in variables;
      expect(Object.keys(env).filter((name) => !isKnown(name))).toEqual([]);
      // Each secret is a file where the manifests mount one.
      const given = Object.entries(env).map(([name, value]): [string, string] => {
        if (!name.endsWith('_FILE')) return [name, value];
        const [mount] = container.volumeMounts;
        expect(value).toBe(`${mount?.mountPath}/${name.replace(/_FILE$/, '')}`);
        const file = join(secrets, name);
        writeFileSync(file, 'a-secret-of-the-test');
        return [name, file];
      });
      const config = readConfig(Object.fromEntries(given));
      expect(config).toMatchObject({ isProduction: true, HEALTH_PORT: 8081, MYSQL_PASSWORD: 'a-secret-of-the-test' });
    }
  });

  it('start what exists, and work every queue once', () => {
    const commands = containers.map(({ command }) => command.join(' '));
    expect(commands.filter((command) => !command.startsWith('node src/workers/')).toSorted()).toEqual([
      'node src/api/main.ts',
      'node src/commands/migrate.ts',
    ]);
    const worked = commands.flatMap(
      (command) => /^node src\/workers\/main\.ts (.+)$/.exec(command)?.[1]?.split(' ') ?? [],
    );
    expect(worked.toSorted()).toEqual(queues.map(({ name }) => name).toSorted());
  });

  it('probe and reach the ports that the processes have', () => {
    for (const { spec } of deployments) {
      const [container] = spec.template.spec.containers;
      const ports = new Map(container.ports?.map(({ name, containerPort }) => [name, containerPort]));
      expect(ports.get('health')).toBe(Number(settings['HEALTH_PORT']));
      expect(ports.get('http') ?? variables.PORT.parse(undefined)).toBe(variables.PORT.parse(undefined));
      for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe])
        expect(probe).toBeDefined();
      expect(container.readinessProbe?.httpGet.path).toBe('/readyz');
    }
  });

  it('let out to the port that each server has unless another is named', () => {
    const open = ofKind('NetworkPolicy')
      .flatMap(({ spec }) => spec.egress ?? [])
      .flatMap(({ ports }) => ports.map(({ port }) => Number(port)));
    const Servers = z.array(z.object({ port: z.number() }));
    const listed = Object.values(variables).flatMap(
      (variable) => Servers.safeParse(variable.safeParse('server.internal').data).data ?? [],
    );
    const addresses = Object.values(variables).flatMap(
      (variable) => z.url().safeParse(variable.safeParse(undefined).data).data ?? [],
    );
    const needed = [
      variables.MYSQL_PORT.parse(undefined),
      variables.REDIS_PORT.parse(undefined),
      ...listed.map(({ port }) => port),
      ...addresses.map((address) => Number(new URL(address).port) || 443),
    ];
    expect(listed).toHaveLength(2);
    expect(needed.filter((port) => !open.includes(port))).toEqual([]);
  });

  it('give a process the time that it takes to end', () => {
    for (const { spec } of deployments)
      expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(Number(settings['SHUTDOWN_SECONDS']));
  });

  it('select pods that there are, and keep one of each', () => {
    const names = deployments.map(({ metadata }) => metadata.name).toSorted();
    const nameOf = (labels: Readonly<Record<string, string>>) => labels['app.kubernetes.io/name'] ?? '';
    for (const { metadata, spec } of deployments) {
      expect(nameOf(spec.selector.matchLabels)).toBe(metadata.name);
      expect(nameOf(spec.template.metadata.labels)).toBe(metadata.name);
    }
    const budgets = ofKind('PodDisruptionBudget').map(({ spec }) => nameOf(spec.selector.matchLabels));
    expect(budgets.toSorted()).toEqual(names);
    expect(ofKind('Service').map(({ spec }) => nameOf(spec.selector))).toEqual(['orderflow-api']);
    const scaled = [...ofKind('HorizontalPodAutoscaler'), ...ofKind('ScaledObject')];
    expect(scaled.filter(({ spec }) => !names.includes(spec.scaleTargetRef.name))).toEqual([]);
  });

  it('scale on a figure that is told, of a queue that exists, by the port of the service', () => {
    const [service] = ofKind('Service');
    const told = readFileSync('src/ops/drain.ts', 'utf8');
    for (const { metadata, spec } of ofKind('ScaledObject'))
      for (const { metadata: trigger } of spec.triggers) {
        const { hostname, port, pathname } = new URL(trigger.url);
        expect(hostname).toBe(`${service?.metadata.name}.orderflow.svc.cluster.local`);
        expect(service?.spec.ports.find(({ name }) => name === 'health')?.port).toBe(Number(port));
        const [, queue = ''] = /^\/autoscale\/(\w+)$/.exec(pathname) ?? [];
        expect(metadata.name).toBe(`orderflow-worker-${queue}`);
        expect(queues.map(({ name }) => name)).toContain(queue);
        expect(told).toContain(`  ${trigger.valueLocation}: number;`);
      }
    expect(ofKind('ScaledObject')).toHaveLength(1);
  });
});
