import { z } from '@hono/zod-openapi';

/** How an integer id is written. */
export const digitsOfId = /^[1-9]\d{0,9}$/;

/** An integer id in a path; what can be no id becomes 0, which nothing has, so that it is not found like any other. */
export const IntegerId = z
  .string()
  .transform((text) => (digitsOfId.test(text) ? Number(text) : 0))
  .openapi({ type: 'integer', example: 1 });
