import type { Mutation } from './mutation.ts';
import { outbox } from './outbox.ts';
import { outside } from './outside.ts';
import { keys, money } from './payments.ts';

/** Every guard that is taken out, one at a time. */
export const mutations: readonly Mutation[] = [...outbox, ...money, ...keys, ...outside];
