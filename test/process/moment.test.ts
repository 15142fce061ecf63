import { describe, expect, it } from 'vitest';
import { endOf } from '../../src/api/http/span.ts';
import { Moment, Time } from '../../src/process/moment.ts';

describe('a time of a caller', () => {
  it.each([
    ['2026-11-28t00:00:00z', '2026-11-28T00:00:00.000Z'],
    ['2026-11-28t01:30:00.25+01:30', '2026-11-28T00:00:00.250Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['2016-12-31t15:59:60.5-08:00', '2017-01-01T00:00:00.500Z'],
  ])('is taken as RFC 3339 has it: %s', (text, at) => {
    expect(new Date(Time.parse(text)).toISOString()).toBe(at);
    expect(endOf(Moment.parse(text)).toISOString()).toBe(at);
  });

  it.each([
    '2026-11-28T12:00:60Z',
    '2026-11-28T23:59:60+01:00',
    '9999-12-31T23:59:60Z',
    '2026-11-28T23:59:61Z',
    '::60',
    't:60z',
  ])('is refused where no clock shows it: %s', (text) => {
    expect(Time.safeParse(text).success).toBe(false);
    expect(Moment.safeParse(text).success).toBe(false);
  });

  it('that is a day ends with it', () => {
    expect(endOf(Moment.parse('2026-11-28')).toISOString()).toBe('2026-11-28T23:59:59.999Z');
  });
});
