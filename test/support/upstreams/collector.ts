import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const Attribute = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) });
const Sent = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(Attribute) }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
              attributes: z.array(Attribute),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** A step as a collector gets it; `service` is the process that sent it. */
export type Span = Readonly<{
  service: string;
  trace: string;
  id: string;
  parent: string | undefined;
  name: string;
  attributes: Readonly<Record<string, unknown>>;
}>;

/** An OpenTelemetry collector on loopback that keeps what it is sent. */
export async function openCollector() {
  const spans: Span[] = [];
  const server = createServer(async (request, response) => {
    const sent = await text(request);
    if (request.url === '/v1/traces') spans.push(...spansOf(sent));
    response.setHeader('content-type', 'application/json').end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the collector has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    spans,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function spansOf(sent: string): Span[] {
  return Sent.parse(JSON.parse(sent)).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map(({ traceId, spanId, parentSpanId, name, attributes }) => ({
        service: String(valuesOf(resource.attributes)['service.name']),
        trace: traceId,
        id: spanId,
        parent: parentSpanId || undefined,
        name,
        attributes: valuesOf(attributes),
      })),
  );
}

function valuesOf(attributes: readonly z.output<typeof Attribute>[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
