import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killPoints } from '../support/load/kill-points.ts';
import { untilTrue } from '../support/processes/process.ts';
import { Evidence } from '../support/proof/evidence.ts';
import { invariants, judge } from '../support/proof/invariants.ts';
import { passesAtLength, planAtLength, planKills } from '../support/proof/kill.ts';
import { pairs } from '../support/proof/outages.ts';
import { seeded, seededKey } from '../support/seeded.ts';
import { openToxicProxy, type ToxicProxy } from '../support/upstreams/toxic-proxy.ts';

/** What was left of a run with kills: `npm run chaos` writes it where EVIDENCE_FILE says. */
const real = Evidence.parse(JSON.parse(readFileSync('test/recorded/evidence.json', 'utf8')));

const paid = real.orders.find(({ status }) => status === 'paid')?.id ?? '';
const refused = real.orders.find(({ status }) => status === 'payment_failed')?.id ?? '';
const charge = real.ledger.find(({ order }) => order === paid);
const answer = real.asked.find(({ order }) => order === paid);
const event = real.log.find(({ subject, version }) => subject === paid && version === 2);
const process = { role: 'worker', exit: null, isOurDoing: false, output: '' };
const changed = <T extends { id: string }>(rows: readonly T[], id: string, change: Partial<T>) =>
  rows.map((row) => (row.id === id ? { ...row, ...change } : row));
const some = <T>(item: T | undefined): T[] => (item === undefined ? [] : [item]);

/** A violation that somebody has made in a copy of what is real, and the invariant that it breaks. */
const plants: readonly (readonly [what: string, invariant: string, plant: Partial<Evidence>])[] = [
  ['an order that was answered 201 is gone', 'I1', { orders: real.orders.filter(({ id }) => id !== paid) }],
  ['a charge is made twice', 'I2', { ledger: [...real.ledger, ...some(charge)] }],
  ['an order is paid that was never charged', 'I3', { ledger: real.ledger.filter(({ order }) => order !== paid) }],
  [
    'a refused order is charged',
    'I3',
    { ledger: [...real.ledger, ...some(charge).map((row) => ({ ...row, order: refused }))] },
  ],
  [
    'a cent is charged too much',
    'I4',
    { ledger: real.ledger.map((row) => (row === charge ? { ...row, amount: row.amount + 1 } : row)) },
  ],
  [
    'a key has a second order',
    'I5',
    { keys: [...real.keys, ...some(real.keys[0]).map((row) => ({ ...row, order: 'another' }))] },
  ],
  [
    'a repeated request is told other bytes',
    'I5',
    { asked: [...real.asked, ...some(answer).map((one) => ({ ...one, answer: 'else' }))] },
  ],
  ['an order is there that nobody asked for', 'I5', { keys: real.keys.filter(({ order }) => order !== paid) }],
  ['an order is still pending', 'I6', { orders: changed(real.orders, paid, { status: 'pending' }), quietSeconds: 31 }],
  [
    'a paid order is cancelled',
    'I7',
    { moves: [...real.moves, { order: paid, subject: 'order', subjectId: paid, from: 'paid', to: 'cancelled' }] },
  ],
  ['an event is missing in the log', 'I8', { log: real.log.filter(({ id }) => id !== event?.id) }],
  ['an event never came to its stream', 'I8', { streamed: real.streamed.filter(({ id }) => id !== event?.id) }],
  [
    'a receiver is told of the end before the beginning',
    'I8',
    { told: real.told.toSorted((a, b) => b.version - a.version) },
  ],
  ['a job waits in MySQL', 'I9', { waiting: [{ what: 'charge-order', order: null, seconds: 31 }] }],
  ['an answer is 500', 'I10', { asked: [...real.asked, ...some(answer).map((one) => ({ ...one, status: 500 }))] }],
  [
    'an answer has a field less',
    'I10',
    { asked: real.asked.map((one) => ({ ...one, fields: one.fields.replace('id ', '') })) },
  ],
  ['a worker ends by itself', 'I11', { processes: [{ ...process, exit: 1 }] }],
  ['a promise fails unheard', 'I11', { processes: [{ ...process, output: '{"msg":"a promise failed unheard"}' }] }],
  ['memory grows', 'I12', { held: [{ what: 'MB', before: 50, after: 56 }] }],
  ['a key stands in a log', 'I13', { processes: [{ ...process, output: 'key sk_1' }], canaries: ['sk_1'] }],
  [
    'a call too many is made',
    'I14',
    { calls: { atMs: Array.from({ length: 31 }, (_, index) => index * 30), windows: [{ ms: 1_000, most: 30 }] } },
  ],
];

describe('the judge of chaos', () => {
  it('finds nothing in a run in which everything was as it must be', () => {
    expect(judge(real)).toEqual([]);
    expect(real.orders.length).toBeGreaterThan(10);
    expect([paid, refused, event?.id, real.told[0]?.id, charge?.order]).not.toContain('');
  });

  it.each(plants)('finds that %s', (_what, invariant, plant) => {
    expect(judge({ ...real, ...plant }).map((fault) => fault.invariant)).toContain(invariant);
  });

  it('has a violation planted of each of its fourteen invariants', () => {
    expect(invariants.map(({ id }) => id)).toEqual(Array.from({ length: 14 }, (_, index) => `I${index + 1}`));
    expect(new Set(plants.map(([, invariant]) => invariant))).toEqual(new Set(invariants.map(({ id }) => id)));
  });
});

describe('a seed', () => {
  const planned = (seed: number) => {
    const random = seeded(seed);
    const strikes = [...planKills(random, 1), ...pairs(random, 5)].map(({ fault, name }) => `${fault} ${name}`);
    return { strikes, key: seededKey(random) };
  };

  it('makes the same plan again, and another seed another', () => {
    expect(planned(7)).toEqual(planned(7));
    expect(planned(8).strikes).not.toEqual(planned(7).strikes);
    expect(planned(8).key).not.toBe(planned(7).key);
  });
});

describe('the long proof by kills', () => {
  const strikes = planAtLength(seeded(1), passesAtLength).map(({ name }) => name);

  it('strikes two hundred times or more', () => {
    expect(strikes.length).toBeGreaterThanOrEqual(200);
  });

  it('strikes every victim at every point, as often as it says', () => {
    const counts = Map.groupBy(strikes, (name) => name);
    for (const { name, victims } of killPoints)
      for (const victim of victims)
        expect(counts.get(`${victim} killed: ${name}`)?.length, name).toBeGreaterThanOrEqual(passesAtLength);
    expect([...counts.keys()].filter((name) => name.startsWith('gateway killed'))).toHaveLength(2);
  });
});

describe('a way to a server', () => {
  let heard = '';
  const echo = createServer((socket) => {
    socket.on('error', () => {}).on('data', (chunk) => (heard += chunk.toString()));
    socket.pipe(socket);
  });
  let way: ToxicProxy;
  beforeAll(async () => {
    await once(echo.listen(0, '127.0.0.1'), 'listening');
    const address = echo.address();
    way = await openToxicProxy('127.0.0.1', address && typeof address === 'object' ? address.port : 0, seeded(1));
  });
  afterAll(async () => {
    await way.close();
    echo.close();
  });
  const call = () => {
    const socket = connect(way.port, '127.0.0.1').on('error', () => {});
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    return { socket, text: () => text };
  };

  it('that is late and in slices loses and moves no byte', async () => {
    way.set({ delayMs: 30, jitterMs: 20, sliceBytes: 1, bytesPerSecond: 100_000 });
    const [{ socket, text }, beganMs] = [call(), performance.now()];
    const words = Array.from({ length: 200 }, (_, index) => `${index};`);
    for (const word of words) socket.write(word);
    await untilTrue(() => text() === words.join(''));
    expect(performance.now() - beganMs).toBeGreaterThan(60);
    way.clear();
    socket.destroy();
  });

  it('that is closed one way brings there what is said, and the answer when it is open again; cut, it ends', async () => {
    const { socket, text } = call();
    way.set({ closed: 'down' });
    heard = '';
    socket.write('hear');
    await untilTrue(() => heard === 'hear');
    expect(text()).toBe('');
    way.clear();
    await untilTrue(() => text() === 'hear');
    const ended = once(socket, 'close');
    await way.cut();
    await ended;
    const again = call();
    again.socket.write('again');
    await untilTrue(() => again.text() === 'again');
    again.socket.destroy();
  });
});
