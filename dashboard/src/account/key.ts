import type { z } from '@hono/zod-openapi';
import type { KeyView, NewKeyView } from '../../../src/api/accounts/key-view.ts';

/** An API key as its owner sees it. */
export type Key = z.output<typeof KeyView>;
/** One that has just been made, with itself. */
export type NewKey = z.output<typeof NewKeyView>;
