import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withoutGuard } from './mutations/mutation.ts';
import { outbox } from './mutations/outbox.ts';
import { outside } from './mutations/outside.ts';
import { keys, money } from './mutations/payments.ts';

// Whether anybody notices is shown by `npm run chaos -- --mutations`.
test('each guard that is to be taken out stands where it is said to', () => {
  for (const mutation of [...outbox, ...money, ...keys, ...outside]) {
    const text = readFileSync(mutation.file, 'utf8');
    expect(withoutGuard(mutation, text), mutation.what).not.toBe(text);
  }
});
