import { describe, expect, it } from 'vitest';
import { weights } from '../src/variable-kinds.ts';

describe('weights', () => {
  const key = 'key:0193410c-0000-7000-8000-000000000001';

  it('are of users, keys and the platform, for each a whole number of shares', () => {
    const taken = { 'user:7': 3, [key]: 2, platform: 999 };
    expect(weights().parse(`user:7=3, ${key}=2,platform=999`)).toEqual(taken);
  });

  it.each([
    ['no share', 'user:7=0'],
    ['no number', 'user:7=x'],
    ['a part of one', 'user:7=1.5'],
    ['more than 999', 'user:7=1000'],
    ['nothing said', 'user:7'],
    ['an address, of which a hash is the name', 'address:0a1b2c=2'],
    ['a key that is none', 'key:7=2'],
    ['one of several', 'user:7=3,user:8=0'],
  ])('are not %s', (_name, value) => {
    const [issue] = weights().safeParse(value).error?.issues ?? [];
    expect(issue?.message).toBe('must be tenants with weights such as user:7=3');
  });
});
