import type { Redis } from '../redis/client.ts';
import type { Config } from '../config.ts';
import { BadDefinition, CannotStart, NoSuchGateway } from '../errors.ts';
import type { Finding } from '../process/finding.ts';
import { importFiles } from '../process/import-files.ts';
import { openOutage } from './http/outage.ts';
import { openPace } from './http/pace.ts';
import type { GatewayDefinition } from './payments/define-gateway.ts';
import type { GatewayCalls, PaymentGateway, PaymentGateways } from './payments/payment-gateway.ts';
import { calling } from '../telemetry/calling.ts';

/**
 * Opens every gateway that has a folder and is configured. `PAYMENT_GATEWAY` says who takes new payments; what was begun with
 * another stays with that one.
 * @throws BadDefinition naming the file and what to rename, CannotStart when nobody takes new payments.
 */
export async function openPaymentGateways(config: Config, redis: Redis): Promise<PaymentGateways> {
  const definitions = await loadGateways();
  const opened = definitions.flatMap(({ open, perSecond, isStandIn, ...rules }) => {
    const most = perSecond?.(config);
    const name = `payments-${rules.name}`;
    const pace = most === undefined ? undefined : openPace(redis, name, most);
    const calls = open(config, pace);
    if (!calls) return [];
    const known = { isStandIn: isStandIn?.(config) ?? false, outage: openOutage(redis, name, pace) };
    return [{ ...rules, ...watched(rules.name, calls), ...known }];
  });
  const current = config.PAYMENT_GATEWAY;
  if (!opened.some(({ name }) => name === current)) {
    const names = definitions.map(({ name }) => name).join(', ');
    throw new CannotStart(`PAYMENT_GATEWAY is '${current}': set what that needs, or choose another of ${names}`);
  }
  return gatewaysOf(current, opened);
}

/** The same calls, each a step of its trace, and measured. */
function watched(gateway: string, calls: GatewayCalls): GatewayCalls {
  const each =
    <A extends readonly unknown[], T>(call: string, ask: (...given: A) => Promise<T>) =>
    (...given: A) =>
      calling({ gateway, call }, () => ask(...given));
  return {
    ...calls,
    charge: each('charge', calls.charge),
    find: each('find', calls.find),
    lookUp: each('look_up', calls.lookUp),
    charged: each('charged', calls.charged),
    cancel: each('cancel', calls.cancel),
    refund: each('refund', calls.refund),
    refundsOf: each('refunds_of', calls.refundsOf),
  };
}

/** What is wrong with how gateways are set up. */
export async function checkGateways(config: Config): Promise<readonly Finding[]> {
  const definitions = await loadGateways();
  return (await Promise.all(definitions.map(async ({ checkUp }) => (await checkUp?.(config)) ?? []))).flat();
}

/** These gateways, and which of them takes new payments. */
export function gatewaysOf(current: string, all: readonly PaymentGateway[]): PaymentGateways {
  return {
    current,
    all,
    named(name) {
      const gateway = all.find((some) => some.name === name);
      if (gateway) return gateway;
      throw new NoSuchGateway(
        `the gateway '${name}' is not configured, and what belongs to it waits; set its keys again`,
      );
    },
  };
}

/** What every `*.gateway.ts` defines: the folders are the only registration there is. */
export async function loadGateways(): Promise<readonly GatewayDefinition[]> {
  const files = await importFiles('gateways', '.gateway.ts');
  return files.map(({ file, exported }) => {
    const gateway = exported.find(isGateway);
    if (!gateway) throw new BadDefinition(`${file} exports no gateway; export one made by defineGateway`);
    const { name } = gateway;
    if (!file.endsWith(`/${name}/${name}.gateway.ts`))
      throw new BadDefinition(`${file} defines '${name}'; rename file, folder or gateway to match`);
    return gateway;
  });
}

// What defineGateway returns is recognised by the fields that only it gives together.
function isGateway(value: unknown): value is GatewayDefinition {
  return typeof value === 'object' && value !== null && 'keyLifeMs' in value && 'open' in value;
}
