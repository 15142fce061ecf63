const awayMs = 15_000;
const backMs = 10_000;
const firstMs = 5_000;
const names = { stripe: 'payment gateway', finnhub: 'market data provider' };

/**
 * Takes the payment gateway away, and then the provider, and brings each back, by the sandbox's fault switches; what is real
 * is left alone. A fault ends by itself too, should the demo be killed.
 */
export async function playOutages(sandbox, { signal, pause, say }) {
  const targets = Object.keys(names).filter((target) => sandbox[target] !== undefined);
  await pause(firstMs);
  for (let turn = 0; targets.length > 0 && !signal.aborted; turn += 1) {
    const target = targets[turn % targets.length];
    const fault = { target, kind: '5xx', rate: 1, seconds: awayMs / 1_000 };
    if (await ask(sandbox.control, 'POST', '/faults', fault))
      say(`The ${names[target]} is away for ${awayMs / 1_000} s.`);
    await pause(awayMs);
    await ask(sandbox.control, 'DELETE', `/faults?target=${target}&kind=5xx`);
    if (!signal.aborted) say(`The ${names[target]} is back.`);
    await pause(backMs);
  }
}

async function ask(control, method, path, body) {
  const json = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const init = { method, signal: AbortSignal.timeout(2_000), ...json };
  return fetch(new URL(path, control), init).then(
    ({ ok }) => ok,
    () => false,
  );
}
