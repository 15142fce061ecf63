import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { queues } from '../../src/jobs/queues.ts';
import { openMetrics } from '../../src/ops/metrics.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';

const Alerts = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^Orderflow[A-Z]\w+$/),
          expr: z.string(),
          for: z.string().optional(),
          labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
          annotations: z.strictObject({ summary: z.string(), runbook_url: z.string() }),
        }),
      ),
    }),
  ),
});
const Scrapes = z.looseObject({ scrape_configs: z.array(z.looseObject({ job_name: z.string() })) });
const Dashboard = z.looseObject({
  panels: z.array(z.looseObject({ title: z.string(), targets: z.array(z.looseObject({ expr: z.string() })) })),
});
const rules = Alerts.parse(parse(readFileSync('deploy/observability/alerts.yml', 'utf8'))).groups.flatMap(
  (group) => group.rules,
);
const { panels } = Dashboard.parse(JSON.parse(readFileSync('deploy/observability/dashboard.json', 'utf8')));
const shown = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

let api: TestApi;
/** Every metric that a process serves, with what a histogram makes of its name. */
let served: ReadonlySet<string>;
beforeAll(async () => {
  api = await openTestApi();
  const text = await openMetrics(api.ctx).text();
  served = new Set(
    Array.from(text.matchAll(/^# TYPE (\w+) (\w+)/gm), ([, name = '', type]) =>
      type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => `${name}${end}`) : [name],
    ).flat(),
  );
});
afterAll(() => api.close());

const namesIn = (expressions: readonly string[]) =>
  new Set(expressions.flatMap((expr) => expr.match(/\b(?:orderflow|bullmq|nodejs|process)_\w+/g) ?? []));

describe('the alerts', () => {
  it('look at metrics that are served, and at queues that exist', () => {
    const names = namesIn(rules.map(({ expr }) => expr));
    expect([...names].filter((name) => !served.has(name))).toEqual([]);
    expect(names.size).toBeGreaterThan(8);
    const named = rules.flatMap(({ expr }) => Array.from(expr.matchAll(/queue="(\w+)"/g), ([, name]) => name));
    expect(named.filter((name) => !queues.some((queue) => queue.name === name))).toEqual([]);
  });

  it('know a process that is gone by its scrapes, and all of them by there being none', () => {
    const gone = rules.find(({ alert }) => alert === 'OrderflowProcessGone')?.expr.split(' or ');
    expect(gone).toEqual(['up{job="orderflow"} == 0', 'absent(up{job="orderflow"})']);
    const [config] = Scrapes.parse(parse(readFileSync('deploy/observability/prometheus.yml', 'utf8'))).scrape_configs;
    expect(config?.job_name).toBe('orderflow');
  });

  it('each lead to a page that says what to do', () => {
    const page = readFileSync('docs/operating.md', 'utf8');
    const anchors = Array.from(page.matchAll(/^### (.+)$/gm), ([, title = '']) =>
      title.toLowerCase().replaceAll(' ', '-'),
    );
    const led = rules.map(({ annotations }) => annotations.runbook_url.replace('docs/operating.md#', ''));
    expect(led.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
    // And no page of them is there for nothing.
    expect(anchors.filter((anchor) => !led.includes(anchor))).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('shows every metric of ours, and none that is not served', () => {
    const names = namesIn(shown);
    expect([...names].filter((name) => !served.has(name))).toEqual([]);
    const bare = (name: string) => name.replace(/_(bucket|sum|count)$/, '');
    const seen = new Set([...names].map(bare));
    expect([...served].filter((name) => name.startsWith('orderflow_') && !seen.has(bare(name)))).toEqual([]);
  });

  it('is the one that Grafana is given', () => {
    const compose = readFileSync('docker-compose.yml', 'utf8');
    for (const file of ['dashboard.json', 'alerts.yml', 'prometheus.yml', 'grafana'])
      expect(compose).toContain(`./deploy/observability/${file}:`);
  });
});
