import { parseArgs } from 'node:util';
import { z } from 'zod';
import { hoursNames } from './finnhub/hours.ts';

const Port = z.coerce.number().int().min(0).max(65_535).default(0);

// An empty variable counts as unset.
const limit = (usual: number) =>
  z.preprocess((value) => (value === '' ? undefined : value), z.coerce.number().int().positive().default(usual));

const Settings = z.object({
  /** The folder of the payment journal. */
  data: z.string().min(1),
  finnhub: Port,
  stripe: Port,
  products: Port,
  rates: Port,
  mail: Port,
  control: Port,
  /** Where payment events are sent; none when empty. */
  webhook: z.array(z.url()).default([]),
  webhookSecret: z.string().min(1),
  /** Whether calls over the limit count towards it too; what the real provider does is not known. */
  countRejected: z.boolean().default(false),
  /** Another seed is another market. */
  seed: z.coerce.number().int().default(1),
  /** Where the clock of the market and the rates stands at the start; the machine's own when not given. */
  clock: z.iso.datetime({ offset: true }).optional(),
  /** When shares are traded. */
  hours: z.enum(hoursNames).default('always'),
  /** How long an idempotency key is remembered. */
  keySeconds: z.coerce.number().positive().default(86_400),
  /** After how long a refund goes on that its card says more of. */
  refundSeconds: z.coerce.number().nonnegative().default(5),
  /** Ends when the process that started it is gone. */
  endWithParent: z.boolean().default(false),
  perMinute: limit(60),
  perSecond: limit(30),
  windowMs: limit(60_000),
  /** The symbols that one socket of trades may subscribe to. */
  socketSymbols: limit(50),
  /** Calls a second to the payment gateway; the real one takes 100, or 25 with a test key. */
  stripePerSecond: limit(10_000),
});

/** What the command line and the environment say. */
export type Settings = z.infer<typeof Settings>;

/** Reads the command line, the secret of webhooks and the call limits; the only reader of arguments and environment. */
export function readSettings(): Settings {
  const string = { type: 'string' } as const;
  const boolean = { type: 'boolean' } as const;
  const { values } = parseArgs({
    options: {
      data: string,
      finnhub: string,
      stripe: string,
      products: string,
      rates: string,
      mail: string,
      control: string,
      webhook: { type: 'string', multiple: true },
      'count-rejected': boolean,
      seed: string,
      clock: string,
      hours: string,
      'key-seconds': string,
      'refund-seconds': string,
      'end-with-parent': boolean,
    },
  });
  return Settings.parse({
    ...values,
    // No argument: everybody on the machine can read those.
    webhookSecret: process.env['STRIPE_WEBHOOK_SECRET'] || 'whsec_sandbox',
    countRejected: values['count-rejected'],
    keySeconds: values['key-seconds'],
    refundSeconds: values['refund-seconds'],
    endWithParent: values['end-with-parent'],
    perMinute: process.env['FINNHUB_PER_MINUTE'],
    perSecond: process.env['FINNHUB_PER_SECOND'],
    windowMs: process.env['FINNHUB_WINDOW_MS'],
    socketSymbols: process.env['FINNHUB_WS_SYMBOLS'],
    stripePerSecond: process.env['STRIPE_PER_SECOND'],
  });
}
