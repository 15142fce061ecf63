import { z } from 'zod';

/** What the process that writes plain SQL is told. */
export const PlainPlan = z.object({
  host: z.string(),
  port: z.number(),
  user: z.string(),
  password: z.string(),
  database: z.string(),
  connections: z.number(),
  seconds: z.number(),
  /** No more than about so many. */
  most: z.number().optional(),
  /** Orders a transaction. */
  ordersAtOnce: z.number(),
  rows: z.array(
    z.object({
      table: z.string(),
      values: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
      next: z.record(z.string(), z.number()),
    }),
  ),
});
export type PlainPlan = Readonly<z.output<typeof PlainPlan>>;

/** What it has written. */
export const Written = z.object({ orders: z.number(), perSecond: z.number() });
export type Written = Readonly<z.output<typeof Written>>;
