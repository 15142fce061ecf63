import { z } from 'zod';
import { loadDefinitions } from '../../src/jobs/load-definitions.ts';
import { markdownTable } from './markdown-table.ts';

const Fields = z.object({
  properties: z.record(z.string(), z.unknown()).default({}),
  required: z.array(z.string()).default([]),
});

/** Each stream with its events and the fields of their data. */
export async function streamsSection(): Promise<string[]> {
  const { streams, events } = await loadDefinitions();
  const perStream = [...streams.values()].flatMap(({ name, summary, maxLength, loggedDays }) => [
    `### ${name}`,
    `${summary} About the newest ${maxLength.toLocaleString('en')} events are kept; ${inLog(loggedDays)}.`,
    markdownTable(
      ['event', 'schema', 'what', 'data'],
      [...events.values()]
        .filter(({ stream }) => stream.name === name)
        .toSorted((a, b) => (a.type < b.type ? -1 : 1))
        .map(({ type, schema, summary: what, data }) => [`\`${type}\``, String(schema), what, fieldsOf(data)]),
    ),
  ]);
  return [
    'An entry has the fields `id`, `type`, `version`, `schema`, `time`, `subject` and `data`; ' +
      'the whole of it, with an example of each event, is what `/asyncapi.json` of a running API says.',
    ...perStream,
  ];
}

function inLog(days: number | undefined): string {
  return days === undefined ? 'all of them stay in `event_log`' : `in \`event_log\` they stay for ${days} days`;
}

/** The names of the fields, those that may be missing with a question mark. */
function fieldsOf(data: z.ZodType): string {
  const { properties, required } = Fields.parse(z.toJSONSchema(data, { io: 'input' }));
  return Object.keys(properties)
    .map((name) => `\`${name}${required.includes(name) ? '' : '?'}\``)
    .join(', ');
}
