import type { Evidence, Fault } from './evidence.ts';

type Seen = Readonly<{ id: string; subject: string; version: number }>;

/** The log against itself, against orders, and against the stream. */
export function announcedInOrder({ log, orders, streamed }: Evidence): Fault[] {
  const logged = ofOrders(log);
  const onStream = Map.groupBy(streamed, ({ subject }) => subject);
  const faults = orders.flatMap(({ id, status }): Fault[] => {
    const events = (logged.get(id) ?? []).toSorted((a, b) => a.version - b.version);
    const expected = events.map((_, index) => index + 1).join();
    const last = events.at(-1)?.type;
    return [
      ...(events.map(({ version }) => version).join() === expected ? [] : [{ what: 'versions with holes', order: id }]),
      ...(events[0]?.type === 'order.created' ? [] : [{ what: `begins with ${events[0]?.type}`, order: id }]),
      ...(events.length < 2 || last === `order.${status}` ? [] : [{ what: `${status}, but ${last}`, order: id }]),
      ...faultsOf(onStream.get(id) ?? [], events, 'on its stream').map((what) => ({ what, order: id })),
    ];
  });
  const places = log.flatMap(({ position }) => (position === null ? [] : [position])).toSorted((a, b) => a - b);
  const holes = places.filter((place, index) => index > 0 && place !== (places[index - 1] ?? 0) + 1);
  return [...faults, ...holes.map((place) => ({ what: `no event before position ${place}` }))];
}

/** What each endpoint has taken, against the log. */
export function toldInOrder({ log, told, endpoints }: Evidence): Fault[] {
  const logged = ofOrders(log);
  return endpoints.flatMap((endpoint) => {
    const taken = told.filter((one) => one.endpoint === endpoint && one.status >= 200 && one.status < 300);
    const bySubject = Map.groupBy(taken, ({ subject }) => subject);
    return [...logged].flatMap(([order, events]) =>
      faultsOf(bySubject.get(order) ?? [], events, `at ${endpoint}`).map((what) => ({ what, order })),
    );
  });
}

function ofOrders(log: Evidence['log']) {
  return Map.groupBy(
    log.filter(({ stream }) => stream === 'orders'),
    ({ subject }) => subject,
  );
}

/** At least once each, and never before the one that goes before it: what comes again is known by its id. */
function faultsOf(seen: readonly Seen[], events: readonly Seen[], where: string): string[] {
  const ids = new Set(seen.map(({ id }) => id));
  const missing = events.filter(({ id }) => !ids.has(id)).map(({ version }) => `${version} is not ${where}`);
  let last = 0;
  const early = seen.flatMap(({ version }) => {
    const is = version > last + 1;
    last = Math.max(last, version);
    return is ? [`${version} is early ${where}`] : [];
  });
  return [...missing, ...early];
}
