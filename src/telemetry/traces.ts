import {
  context,
  propagation,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { BullMQOtel } from 'bullmq-otel';

/** A step of a trace: what it is, and what caused it when that is not what runs here. */
export type Step = Readonly<{
  name: string;
  kind: 'server' | 'client' | 'consumer' | 'producer';
  /** A `traceparent` from elsewhere: a request's header, a row, an entry of a stream. */
  from?: string | undefined;
  attributes?: Readonly<Record<string, string | number>>;
}>;

const kinds = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  consumer: SpanKind.CONSUMER,
  producer: SpanKind.PRODUCER,
} as const;

const nobody = new ProxyTracerProvider().getDelegate();

/** Whether anybody collects what is traced. */
function isTracing(): boolean {
  const provider = trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegate() !== nobody;
}

/**
 * Does the work as a step of a trace; `rename` says better what it was once that is known. Where nothing is traced, it does
 * the work and nothing else.
 */
export async function traced<T>(step: Step, work: (rename: (name: string) => void) => Promise<T>): Promise<T> {
  if (!isTracing()) return work(() => {});
  const { name, kind, from, attributes = {} } = step;
  const before = from === undefined ? context.active() : contextOf(from);
  const span = trace.getTracer('orderflow').startSpan(name, { kind: kinds[kind], attributes }, before);
  try {
    return await context.with(trace.setSpan(before, span), () => work((better) => span.updateName(better)));
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'thrown' });
    throw error;
  } finally {
    span.end();
  }
}

/** Notes something that has just happened as a step without length. */
export function noteStep({ name, kind, from, attributes = {} }: Step): void {
  const before = from === undefined ? context.active() : contextOf(from);
  trace.getTracer('orderflow').startSpan(name, { kind: kinds[kind], attributes }, before).end();
}

/** Starts work that goes on for others than whoever happened to start it. */
export function untraced<T>(work: () => T): T {
  return context.with(ROOT_CONTEXT, work);
}

/** The present step as a W3C `traceparent`, to be kept with what it causes; undefined where nothing is traced. */
export function traceParent(): string | undefined {
  if (!isTracing()) return undefined;
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier['traceparent'];
}

/** The id of the present trace. */
export function traceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId;
}

function contextOf(traceparent: string) {
  return propagation.extract(ROOT_CONTEXT, { traceparent });
}

/** The traces of a process; `telemetry` is what BullMQ is given. Without a collector there are none. */
export type Traces = Readonly<{ telemetry: BullMQOtel | undefined; close(): Promise<void> }>;

const sendEveryMs = 1_000;
const lastSendMs = 2_000;
// What begins a trace. BullMQ's own upkeep, several steps a second in an idle worker, begins none.
const beginners: ReadonlySet<SpanKind> = new Set([SpanKind.SERVER, SpanKind.CONSUMER]);

/** Sends the traces of this process to a collector at `url`. Nothing of OpenTelemetry's is loaded without one. */
export async function openTraces(url: string | undefined, role: string): Promise<Traces> {
  if (url === undefined) return { telemetry: undefined, close: async () => {} };
  const [sdk, { OTLPTraceExporter }, { AsyncLocalStorageContextManager }, { resourceFromAttributes }, core, bullmq] =
    await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/core'),
      import('bullmq-otel'),
    ]);
  const exporter = new OTLPTraceExporter({ url });
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
