import { CannotStart } from '../tools/cannot-start.js';

const rushEveryMs = 40_000;
const rushMs = 15_000;
const rushFactor = 10;

const usual = { paceAt: (pace) => pace, declinedShare: 0.15, needs: undefined, isOutage: false };

/**
 * What can be played. `paceAt`: how many orders a minute after so many ms; `needs`: what of `run.json` it cannot do without.
 */
export const scenarios = {
  usual,
  // Everybody comes at once, again and again: the first time after five seconds.
  rush: {
    ...usual,
    paceAt: (pace, afterMs) => ((afterMs + rushEveryMs - 5_000) % rushEveryMs < rushMs ? pace * rushFactor : pace),
  },
  decline: { ...usual, declinedShare: 0.8, needs: 'stripe' },
  outage: { ...usual, needs: 'control', isOutage: true },
};

/** The scenario of this name. @throws CannotStart when there is none, or the platform that runs has not what it needs. */
export function scenarioOf(name, { sandbox = {} }) {
  if (!Object.hasOwn(scenarios, name))
    throw new CannotStart(`--scenario must be one of ${Object.keys(scenarios).join(', ')}`);
  const scenario = scenarios[name];
  if (scenario.needs === undefined || sandbox[scenario.needs] !== undefined) return scenario;
  throw new CannotStart(
    `--scenario ${name} plays with the sandbox's ${scenario.needs === 'stripe' ? 'payment gateway' : 'fault switches'}, ` +
      'and what runs here has none.',
    'Start the platform without STRIPE_SECRET_KEY and FINNHUB_API_KEY, and it brings the sandbox: npm start',
  );
}
