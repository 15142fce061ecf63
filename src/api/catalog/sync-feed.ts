import type { Context } from '../../context.ts';
import { Problem } from '../../errors.ts';
import type { JobAnswers } from '../../jobs/answers.ts';
import { syncProducts } from '../../jobs/catalog/sync-products.job.ts';

// The answer as a whole comes within ten seconds.
const waitMs = 9_500;

/**
 * Asks for the feed to be read, or joins the run under way, and returns the job's id.
 * @throws Problem not_configured without a feed, unavailable while Redis is away.
 */
export async function startSync(ctx: Context, { force }: Readonly<{ force: boolean }>): Promise<string> {
  refuseWithoutFeed(ctx);
  return ctx.jobs.enqueue(syncProducts, { force }).catch((cause: unknown) => {
    const retry = { cause, headers: { 'retry-after': '2' } };
    throw new Problem('unavailable', 'The feed cannot be asked for at the moment.', retry);
  });
}

/**
 * Makes sure that the feed has been read within the last minute, and waits for that as long as the answer can still come
 * within ten seconds. Whether it came about or not, the products that are stored can be read afterwards.
 * @throws Problem not_configured without a feed.
 */
export async function awaitSync(ctx: Context, answers: JobAnswers): Promise<void> {
  refuseWithoutFeed(ctx);
  try {
    const id = (await ctx.catalog.syncGate.lastRun()) ?? (await startSync(ctx, { force: false }));
    await answers.endOf(syncProducts.queue.name, id, waitMs);
  } catch (error) {
    ctx.log.debug({ err: error }, 'no sync; answering what is stored');
  }
}

function refuseWithoutFeed({ config }: Context): void {
  if (!config.PUBLIC_PRODUCT_API)
    throw new Problem('not_configured', 'This deployment has no product feed.', {
      headers: { 'retry-after': '3600' },
    });
}
