import { useMemo } from 'preact/hooks';
import type { z } from '@hono/zod-openapi';
import type { PreviewView } from '../../../src/api/orders/order-preview.routes.ts';
import { ask } from '../api/ask-api.ts';
import { useReading } from '../api/use-reading.ts';
import { useSettled } from '../parts/use-settled.ts';

/** What an order would cost now, as the API says. */
export type Preview = z.output<typeof PreviewView>;

// Prices, rates and stock change while somebody thinks it over.
const everyMs = 5_000;

/**
 * Asks what an order would cost, again and again, and anew for another wish; nothing while there is none. `preview` is of
 * this very wish, and undefined until that is known.
 */
export function usePreview(wish: object | undefined): Readonly<{ preview: Preview | undefined; refusal: string }> {
  const settled = useSettled(wish);
  const source = useMemo(
    () => settled && (async () => ({ of: settled, preview: await ask<Preview>('POST', '/orders/preview', settled) })),
    [settled],
  );
  const { value, failure } = useReading(source, everyMs);
  const isSettled = wish !== undefined && settled === wish;
  return {
    preview: isSettled && value?.of === wish && !failure ? value.preview : undefined,
    refusal: (isSettled && failure?.message) || '',
  };
}
