import { describe, expect, it } from 'vitest';
import { isKey, isWellFormedKey, mintKey } from '../../src/accounts/api-keys.ts';
import { scopeFor, scopeNames } from '../../src/accounts/scopes.ts';

describe('a new key', () => {
  it('is like no other, and tells scanners and this API what it is', () => {
    const keys = Array.from({ length: 1_000 }, mintKey);
    expect(new Set(keys).size).toBe(1_000);
    for (const key of keys) {
      expect(key).toMatch(/^ofk_[0-9A-Za-z]{38}$/);
      expect([isKey(key), isWellFormedKey(key)]).toEqual([true, true]);
    }
  });

  it('is none any more with one letter changed, lost or added', () => {
    const key = mintKey();
    for (let at = 4; at < key.length; at += 1) {
      const other = key[at] === 'x' ? 'y' : 'x';
      expect(isWellFormedKey(key.slice(0, at) + other + key.slice(at + 1)), String(at)).toBe(false);
    }
    for (const text of [key.slice(0, -1), `${key}0`, key.replace('ofk_', ''), ''])
      expect(isWellFormedKey(text)).toBe(false);
  });
});

describe('a scope', () => {
  it('is the widest that a key has and the role of its owner allows', () => {
    expect(scopeFor('orders:read', scopeNames, 'admin')).toBe('orders:read:all');
    expect(scopeFor('orders:read', scopeNames, 'operator')).toBe('orders:read');
    expect(scopeFor('orders:read', ['orders:read'], 'admin')).toBe('orders:read');
    expect(scopeFor('jobs:write', scopeNames, 'operator')).toBeUndefined();
    expect(scopeFor('orders:write', ['orders:read:all', 'payments:write'], 'admin')).toBeUndefined();
  });
});
