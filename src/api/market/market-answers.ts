import { z } from '@hono/zod-openapi';
import type { MarketData } from '../../market/market-data.ts';
import { alreadyThere, TagHeader } from '../http/conditional.ts';

/** The answer while a fetch is still under way. */
export const Pending = z.object({ job_id: z.string(), state: z.literal('waiting') }).openapi('Pending');

/** How long the caller is willing to wait when nothing is stored. */
export const PreferHeader = z.object({ prefer: z.string().max(200).optional().openapi({ example: 'wait=5' }) });

/** What a kind of market data is called in descriptions: `Quote`. */
export function titleOf({ name }: Pick<MarketData, 'name'>): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** The answer of a kind of market data. */
export function viewOf(data: Pick<MarketData, 'name' | 'facts'>) {
  const stale = z.boolean().describe('Older than its time; a fetch is under way.');
  return data.facts.extend({ stale }).openapi(titleOf(data));
}

/** One of them as it could be. */
export function exampleOf({ example }: Pick<MarketData, 'example'>) {
  return { ...example, stale: false };
}

const CopyHeaders = TagHeader.extend({ Age: z.string(), 'Cache-Status': z.string() });

/** Every answer of a read from stored copies. */
export function marketAnswers(data: MarketData) {
  const description = `It: ${data.what}.`;
  return {
    200: {
      description,
      headers: CopyHeaders,
      content: { 'application/json': { schema: viewOf(data), example: exampleOf(data) } },
    },
    202: {
      description: 'Still being fetched; the job’s address is in Location.',
      headers: z.object({ Location: z.string(), 'Retry-After': z.string() }),
      content: {
        'application/json': {
          schema: Pending,
          example: { job_id: '019341d2-0000-7000-8000-000000000003', state: 'waiting' as const },
        },
      },
    },
    304: { ...alreadyThere, headers: CopyHeaders },
    ...(data.kind ? {} : { 404: { description: 'unknown_symbol' } }),
    503: { description: 'market_busy, upstream_unavailable, provider_plan_required or not_configured' },
  };
}
