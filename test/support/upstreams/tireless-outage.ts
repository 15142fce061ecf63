import type { Outage } from '../../../src/gateways/http/outage.ts';

/** A breaker that keeps nobody from a gateway: after so many silences a real one would, and each is to be heard. */
export const tireless: Outage = {
  admit: async () => {},
  heard: async () => {},
  missed: async () => undefined,
  limited: async () => {},
  isAway: async () => false,
  look: async () => ({ failures: 0, isOpen: false, restMs: 0 }),
};
