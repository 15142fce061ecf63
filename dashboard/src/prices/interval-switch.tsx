import { type Interval, intervals } from './bars.ts';

type Shown = Readonly<{ chosen: Interval; onChoose(interval: Interval): void }>;

const names = Object.keys(intervals).filter((name): name is Interval => name in intervals);

/** Chooses how long a candle is: one stop of the tab key, and the arrow keys from there. */
export function IntervalSwitch({ chosen, onChoose }: Shown) {
  return (
    <fieldset class="switch">
      <legend class="hidden">Length of a candle</legend>
      {names.map((name) => (
        <label key={name}>
          <input
            type="radio"
            name="interval"
            class="hidden"
            checked={name === chosen}
            onChange={() => onChoose(name)}
            aria-label={intervals[name].words}
          />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  );
}
