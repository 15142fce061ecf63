import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { mutations } from './mutations/all.ts';
import { withoutGuard } from './mutations/mutation.ts';

// Whether anybody notices is shown by `npm run chaos -- --mutations`.
test('each guard that is to be taken out stands where it is said to', () => {
  for (const mutation of mutations) {
    const text = readFileSync(mutation.file, 'utf8');
    expect(withoutGuard(mutation, text), mutation.what).not.toBe(text);
  }
});
