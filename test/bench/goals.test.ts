import { describe, expect, it } from 'vitest';
import { aimIds, Goal, goalOf, median, standsAbove } from '../../bench/goals.ts';
import { tableOf } from '../../bench/results.ts';
import { pictureOf } from '../../bench/picture.ts';

describe('a goal', () => {
  it('holds by the ratio of medians, and shows how far the rounds lay apart', () => {
    const goal = goalOf('paid-rate', { rate: { ours: [900, 3_000, 2_700], peer: [300, 310, 290] } });
    expect(goal).toEqual({
      id: 'paid-rate',
      ours: 2_700,
      peer: 300,
      ratio: 9,
      range: [3, 10],
      goal: '≥ 8 × (never below 4 ×)',
      holds: true,
    });
  });

  it('that is missed may still stand above what must never be', () => {
    const goal = (ours: number) => goalOf('paid-rate', { rate: { ours: [ours], peer: [100] } });
    expect([goal(799).holds, standsAbove('paid-rate', goal(799))]).toEqual([false, true]);
    expect([goal(399).holds, standsAbove('paid-rate', goal(399))]).toEqual([false, false]);
  });

  it('of several figures holds when every one does, and names each', () => {
    const goal = goalOf('commits-per-order', { commits: { ours: [0.1] }, statements: { ours: [0.6] } });
    expect(goal).toMatchObject({ ours: { commits: 0.1, statements: 0.6 }, peer: 'not run', holds: false });
    expect(standsAbove('commits-per-order', goal)).toBe(true);
  });

  it('is not held by what could not be compared', () => {
    expect(goalOf('paid-rate', { rate: { ours: [5_000], peer: [] } })).toMatchObject({
      ours: 5_000,
      peer: 'not run',
      holds: 'not run',
    });
  });

  it('that was not run says so in every field', () => {
    const goals = aimIds.map((id) => goalOf(id));
    expect(goals).toHaveLength(16);
    for (const goal of goals) {
      expect(Goal.parse(goal)).toEqual(goal);
      expect([goal.ours, goal.peer, goal.ratio, goal.range, goal.holds]).toEqual(Array(5).fill('not run'));
    }
  });
});

describe('the results', () => {
  const goals = [goalOf('paid-rate', { rate: { ours: [800], peer: [100] } }), goalOf('herd')];

  it('are a table with a verdict a row', () => {
    expect(tableOf(goals, {})).toMatch(/paid-rate +800 +100 +8 .+ holds *\nherd +not run/);
  });

  it('tell with each row how far its rounds lay apart, and below all on what they were measured', () => {
    const apart = goalOf('paid-rate', { rate: { ours: [800, 900, 700], peer: [100, 100, 100] } });
    const named = goalOf('commits-per-order', { commits: { ours: [0.1, 0.2] }, statements: { ours: [0.6] } });
    const lines = tableOf([apart, named], { mysql: '10.11.19-MariaDB', node: 'v24.21.0' }).split('\n');
    expect(lines[0]).toMatch(/ratio +range +should be/);
    expect(lines[1]).toMatch(/ 8 +7–9 +≥ 8/);
    expect(lines[2]).toContain('commits 0.1–0.2, statements 0.6–0.6');
    expect(lines.at(-1)).toMatch(/^mysql 10\.11\.19-MariaDB, node v24\.21\.0, \d+ cores .*\d+ GB$/);
  });

  it('are a picture of what was compared', () => {
    expect(pictureOf(goals)).toContain('paid-rate');
    expect(pictureOf(goals)).not.toContain('herd');
  });

  it('stand by the middle of the rounds', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, 0]);
  });
});
