import { tracingChannel } from 'node:diagnostics_channel';

/** How a session begins: that one is begun meanwhile depends on how long the last has rested. */
const beginning = /^(set (session|names)\b|select concat_ws\(':', .*@@server_id\) as server$)/i;

/** What this process sends to MySQL while it does something, word for word and in order: each a way there and back. `work` sees it grow. */
export async function sendsOf(work: (heard: readonly string[]) => Promise<unknown>): Promise<readonly string[]> {
  const heard: string[] = [];
  const hear = (message: unknown) => {
    if (isQuery(message) && !beginning.test(message.query)) heard.push(message.query);
  };
  const { start } = tracingChannel('mysql2:query');
  start.subscribe(hear);
  try {
    await work(heard);
  } finally {
    start.unsubscribe(hear);
  }
  return heard;
}

const statement = /(?:[^;'"`]|'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|`[^`]*`)+/gs;

/** The statements, of which several may be sent at once. */
export async function queriesOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  return (await sendsOf(work)).flatMap(toStatements);
}

/** What was sent at once, statement by statement. */
export function toStatements(sent: string): readonly string[] {
  return (sent.match(statement) ?? []).map((one) => one.trim());
}

/** Of each statement its verb and its table, in order. */
export async function statementsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  return (await queriesOf(work)).map(inShort);
}

function isQuery(message: unknown): message is Readonly<{ query: string }> {
  return typeof message === 'object' && message !== null && 'query' in message && typeof message.query === 'string';
}

/** `insert orders`, `select payments`, `commit`. */
function inShort(query: string): string {
  const [verb = ''] = /\w+/.exec(query) ?? [];
  const [, table = ''] = /\b(?:from|into|update) `?(\w+)/i.exec(query) ?? [];
  return `${verb.toLowerCase()} ${table}`.trim();
}
