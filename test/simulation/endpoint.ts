import { z } from 'zod';
import type { CallEndpoint } from '../../src/gateways/webhooks/call-endpoint.ts';
import { exchange } from './jobs.ts';
import type { Process, Simulation } from './simulation.ts';

const Body = z.object({ id: z.string(), subject: z.string(), version: z.number() });

/** What an endpoint was told, and what it answered. */
export type Receipt = z.output<typeof Body> & Readonly<{ isTaken: boolean }>;

/** Somebody who is told of events, and does not always take them. */
export class Endpoint {
  readonly receipts: Receipt[] = [];
  /** Whether it takes what comes now of a subject. */
  takes: (subject: string) => boolean = () => true;

  hear(body: string): number {
    const told = Body.parse(JSON.parse(body));
    const isTaken = this.takes(told.subject);
    this.receipts.push({ ...told, isTaken });
    return isTaken ? 200 : 500;
  }
}

/** A way of a process to call it. */
export function callOf(
  around: Readonly<{ process: Process; simulation: Simulation }>,
  endpoint: Endpoint,
): CallEndpoint {
  return ({ body }) => {
    const what = `tell ${body.slice(0, 120)}`;
    return exchange(around, { to: 'endpoint', what }, () => ({ status: endpoint.hear(body) })).catch(() => ({
      error: 'no answer in time',
    }));
  };
}
