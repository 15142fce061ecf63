import type { Config } from '../../config.ts';
import type { Finding } from '../../process/finding.ts';
import type { Pace } from '../http/pace.ts';
import type { GatewayCalls, GatewayRules } from './payment-gateway.ts';

/** A gateway as its folder exports it. */
export type GatewayDefinition = GatewayRules &
  Readonly<{
    /** How many calls a second it takes, over all processes; by default as many as there are. */
    perSecond?(config: Config): number | undefined;
    /** Whether somebody else than the gateway itself is spoken to, as a sandbox that takes nobody's money. */
    isStandIn?(config: Config): boolean;
    /** Opens it, asking nothing yet; undefined where the deployment has not what it needs. */
    open(config: Config, pace: Pace | undefined): GatewayCalls | undefined;
    /** What is wrong with how it is set up, for `npm run doctor`; it charges nobody. */
    checkUp?(config: Config): Promise<readonly Finding[]>;
  }>;

/** Declares a gateway; `NAME/NAME.gateway.ts` exports it, and nothing else has to know. */
export function defineGateway(definition: GatewayDefinition): GatewayDefinition {
  return definition;
}

/** Calls to what the first of them opens: a package may be large, and most processes never ask for money. */
export function onceAsked(open: () => Promise<GatewayCalls>): Required<GatewayCalls> {
  let opening: Promise<GatewayCalls> | undefined;
  const opened = () => (opening ??= open());
  return {
    charge: async (charge) => (await opened()).charge(charge),
    find: async (lost, signal) => (await opened()).find(lost, signal),
    lookUp: async (reference, charged) => (await opened()).lookUp(reference, charged),
    charged: async (reference) => (await opened()).charged(reference),
    cancel: async (reference, charged) => (await opened()).cancel(reference, charged),
    refund: async (refund) => (await opened()).refund(refund),
    refundsOf: async (reference) => (await opened()).refundsOf(reference),
    async *list(since, until) {
      yield* (await opened()).list(since, until);
    },
    async *listRefunds(since, until) {
      yield* (await opened()).listRefunds(since, until);
    },
    readWebhook: async (body, headers) => (await opened()).readWebhook?.(body, headers),
  };
}
