import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import type { BullMQOtel } from 'bullmq-otel';

/** The traces of a process; `telemetry` is what BullMQ is given. Without a collector there are none. */
export type Traces = Readonly<{ telemetry: BullMQOtel | undefined; close(): Promise<void> }>;

const sendEveryMs = 1_000;
const lastSendMs = 2_000;
// What begins a trace. BullMQ's own upkeep, several steps a second in an idle worker, begins none.
const beginners: ReadonlySet<SpanKind> = new Set([SpanKind.SERVER, SpanKind.CONSUMER]);

/** Sends the traces of this process to the collector at `endpoint`. Nothing of OpenTelemetry's is loaded without one. */
export async function openTraces(endpoint: string | undefined, role: string): Promise<Traces> {
  if (endpoint === undefined) return { telemetry: undefined, close: async () => {} };
  const [sdk, { OTLPTraceExporter }, { AsyncLocalStorageContextManager }, { resourceFromAttributes }, core, bullmq] =
    await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/core'),
      import('bullmq-otel'),
    ]);
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const root = {
    shouldSample: (_context: unknown, _traceId: string, _name: string, kind: SpanKind) => ({
      decision: beginners.has(kind) ? sdk.SamplingDecision.RECORD_AND_SAMPLED : sdk.SamplingDecision.NOT_RECORD,
    }),
    toString: () => 'requests and jobs',
  };
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': `orderflow-${role}`, 'process.pid': process.pid }),
    sampler: new sdk.ParentBasedSampler({ root }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: sendEveryMs })],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());
  return {
    telemetry: new bullmq.BullMQOtel({ tracerName: 'orderflow' }),
    // A collector that is away must not hold up the end of the process.
    close: () =>
      Promise.race([
        provider.shutdown().catch(() => {}),
        new Promise<void>((done) => void setTimeout(done, lastSendMs).unref()),
      ]),
  };
}
