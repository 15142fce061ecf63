import type { Platform } from './platform.ts';
import { until } from './process.ts';

/** Waits until so many streams are followed at the first API. */
export async function untilFollowers({ healths }: Pick<Platform, 'healths'>, count: number): Promise<void> {
  let said: string | undefined;
  await until(
    () => `${count} followers; there are ${said}`,
    async () => {
      const metrics = await (await fetch(`${healths[0]}/metrics`)).text();
      said = /^orderflow_stream_followers (\d+)$/m.exec(metrics)?.[1];
      return Number(said) === count ? true : undefined;
    },
  );
}
