import { duration } from '../parts/duration.ts';
import { formatTime } from '../prices/quote.ts';

/** The provider's plan as `GET /market/budget` shows it. */
export type Budget = Readonly<{
  windows: readonly Readonly<{ name: string; window_ms: number; limit: number; used: number; reserved: number }>[];
  lanes: readonly Readonly<{ lane: string; used: number; waiting: number }>[];
  elsewhere: number;
  last_429: Readonly<{ at: string; retry_after_seconds: number }> | null;
  resting_until: string | null;
}>;

/** The lanes in words. */
export const laneNames: Readonly<Record<string, string>> = {
  logged_in: 'People logged in',
  anonymous_cold: 'Others, nothing stored',
  anonymous_stale: 'Others, an old copy',
  watchlist: 'Watchlist',
  refresh: 'Profiles and news',
};

/** How much of the provider's plan is used, by whom, and what waits for it. */
export function BudgetGauges({ budget }: Readonly<{ budget: Budget }>) {
  const { windows, lanes, elsewhere, last_429: refused, resting_until: restingUntil } = budget;
  return (
    <>
      <div class="gauges">
        {windows.map((window) => (
          <Gauge key={window.name} window={window} />
        ))}
      </div>
      <table class="lanes">
        <thead>
          <tr>
            <th scope="col">For</th>
            <th scope="col">Used</th>
            <th scope="col">Waiting</th>
          </tr>
        </thead>
        <tbody>
          {lanes.map(({ lane, used, waiting }) => (
            <tr key={lane} data-lane={lane}>
              <th scope="row">{laneNames[lane] ?? lane}</th>
              <td>{used}</td>
              <td>{waiting}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="faint">
        {restingUntil ? `Rests until ${formatTime(restingUntil)}. ` : ''}
        {refused ? `Last refused at ${formatTime(refused.at)}.` : 'Never refused of late.'}
        {elsewhere > 0 && ` ${elsewhere} calls were made by somebody else.`}
      </p>
    </>
  );
}

function Gauge({
  window: { name, window_ms: windowMs, limit, used, reserved },
}: {
  window: Budget['windows'][number];
}) {
  const label = `In ${duration(windowMs / 1_000)}`;
  const share = (count: number) => `${Math.min(100, (count / limit) * 100)}%`;
  return (
    <div class="gauge" data-window={name}>
      <p>
        {label}
        <span class="figures">
          {used} of {limit}
          {reserved > 0 && <span class="faint"> · {reserved} kept for people</span>}
        </span>
      </p>
      <div
        class="bar"
        role="meter"
        aria-label={`${label}, calls used`}
        aria-valuemin={0}
        aria-valuemax={limit}
        aria-valuenow={Math.min(used, limit)}
        aria-valuetext={`${used} of ${limit}, ${reserved} kept for people`}
      >
        <span class="used" style={{ width: share(used) }} />
        <span class="kept" style={{ width: share(Math.min(reserved, limit - used)) }} />
      </div>
    </div>
  );
}
