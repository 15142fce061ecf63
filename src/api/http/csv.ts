import type { Context as HonoContext } from 'hono';
import { accepts } from 'hono/accepts';
import type { RouteEnv } from '../callers/route-env.ts';
import { incomingOf, resetOldest } from './incoming.ts';

/** Whether the caller would rather have CSV than JSON. */
export function wantsCsv(c: HonoContext<RouteEnv>): boolean {
  c.header('vary', 'Accept', { append: true });
  const supports = ['application/json', 'text/csv'];
  return accepts(c, { header: 'Accept', supports, default: 'application/json' }) === 'text/csv';
}

/** What stands in a cell of CSV. */
export type Cell = string | number | null;

/** A line of CSV as RFC 4180 wants it. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(cellText).join(',')}\r\n`;
}

// What a spreadsheet would take for a formula; those of full width count as well.
const formula = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;

function cellText(cell: Cell): string {
  if (typeof cell !== 'string') return cell === null ? '' : String(cell);
  const text = formula.test(cell) ? `'${cell}` : cell;
  return /[",;\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A row of a list, by its columns. */
export type CsvRow<Column extends string> = Readonly<Record<Column, Cell> & { id: string }>;

const pageSize = 500;

/** A whole list as CSV, so many rows at a time as are at hand at once; `read` answers those that come after an id. */
export async function* csvOf<Column extends string>(
  columns: readonly Column[],
  read: (after: string | undefined, most: number) => Promise<readonly CsvRow<Column>[]>,
): AsyncGenerator<string, void> {
  let head = csvLine(columns);
  let last: string | undefined;
  do {
    const rows = await read(last, pageSize);
    yield head + rows.map((row) => csvLine(columns.map((column) => row[column]))).join('');
    head = '';
    last = rows.length < pageSize ? undefined : rows.at(-1)?.id;
  } while (last !== undefined);
}

/**
 * Sends CSV as a file, a part at a time and no faster than it is read. The first part is made before the answer begins: what
 * cannot be read is refused, and not cut off.
 */
export async function answerCsv(
  c: HonoContext<RouteEnv>,
  name: string,
  parts: AsyncGenerator<string, void>,
): Promise<Response> {
  const { log } = c.var.ctx;
  const encoder = new TextEncoder();
  let upcoming: Awaited<ReturnType<typeof parts.next>> | undefined = await parts.next();
  const next = () =>
    parts.next().catch((error: unknown) => {
      log.error({ err: error, request_id: c.get('requestId') }, 'CSV cut off');
      resetOldest(incomingOf(c.env));
      // Whoever reads it must see that it is not whole, and nothing of why.
      throw new Error('CSV cut off');
    });
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const part = upcoming ?? (await next());
        upcoming = undefined;
        if (part.done === true) controller.close();
        else controller.enqueue(encoder.encode(part.value));
      },
      async cancel() {
        await parts.return();
      },
    },
    { highWaterMark: 0 },
  );
  return c.body(body, 200, {
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': `attachment; filename="${name}"`,
  });
}
