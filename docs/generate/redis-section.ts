import { markdownTable } from './markdown-table.ts';
import { redisKeys } from './redis-keys.ts';

/** The keys of Redis, the platform's own first. */
export function redisSection(): string[] {
  return [
    '`NAME` stands for what differs. What is in braces keeps keys that belong together in one slot of a cluster. ' +
      'A test runs the platform and compares the keys that it finds.',
    markdownTable(
      ['key', 'type', 'who keeps it', 'how long', 'what'],
      redisKeys.map(({ key, type, owner, lasts, about }) => [`\`${key}\``, type, owner, lasts, about]),
    ),
  ];
}
