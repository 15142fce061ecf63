import { z } from '@hono/zod-openapi';
import { html } from 'hono/html';
import { type Content, marked } from '../http/own-page.ts';
import type { asyncApiOf } from './asyncapi.ts';

type Description = ReturnType<typeof asyncApiOf>;
type Message = Description['components']['messages'][string];

/** AsyncAPI's description, for people: what every entry carries, then each stream with its events. */
export function asyncApiBody({ info, channels, components: { messages } }: Description): Content {
  const all = Object.values(messages);
  const [first] = all;
  // What webhooks are told as well is explained once.
  const isOnStream = ({ name }: Message) =>
    Object.values(channels).some((channel) => channel['x-redis-stream'] && name in channel.messages);
  return html`
    <p>${marked(info.description)}</p>
    <p>Programs read the same at <a href="/asyncapi.json">/asyncapi.json</a>, as AsyncAPI 3.0.</p>
    <nav aria-label="On this page">
      <ul>${Object.keys(channels).map((name) => html`<li><a href="#${name}">${name}</a></li>`)}</ul>
    </nav>
    <h2>What every event carries</h2>
    ${
      first &&
      fieldTable(
        'every event',
        rowsOf(schemaOf(first)).filter(({ name }) => !name.includes('.')),
      )
    }
    ${Object.entries(channels).map(
      ([name, { summary, messages: of, 'x-redis-stream': stream }]) => html`
        <h2 id="${name}">${stream ? html`Stream <code>${name}</code>` : 'Webhooks'}</h2>
        <p>${marked(summary)} ${stream && keptOf(stream)}</p>
        ${all.filter((message) => message.name in of && (stream || !isOnStream(message))).map(eventPart)}
      `,
    )}
  `;
}

function keptOf({ maxlen }: Readonly<{ maxlen: number }>): string {
  return `About ${maxlen.toLocaleString('en-US')} of its newest entries are kept.`;
}

function eventPart(message: Message): Content {
  const { name, summary, examples } = message;
  const { data } = schemaOf(message).properties ?? {};
  return html`
    <h3 id="${name}"><code>${name}</code></h3>
    <p>${marked(summary)}</p>
    ${fieldTable(name, data ? rowsOf(data) : [])}
    <details>
      <summary>An example</summary>
      <pre>${JSON.stringify(examples[0]?.payload, undefined, 2)}</pre>
    </details>
  `;
}

type Row = Readonly<{ name: string; type: string; words: string }>;

function fieldTable(of: string, rows: readonly Row[]): Content {
  const isExplained = rows.some(({ words }) => words !== '');
  return html`<div class="table" role="region" aria-label="Fields of ${of}" tabindex="0"><table>
    <thead><tr><th scope="col">Field</th><th scope="col">Type</th>${isExplained && html`<th scope="col">What it is</th>`}</tr></thead>
    <tbody>${rows.map(
      ({ name, type, words }) =>
        html`<tr><td><code>${name}</code></td><td>${type}</td>${isExplained && html`<td>${marked(words)}</td>`}</tr>`,
    )}</tbody>
  </table></div>`;
}

/** What is shown of JSON Schema. */
const Schema = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  format: z.string().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  description: z.string().optional(),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), Schema).optional();
  },
  get items() {
    return Schema.optional();
  },
  get anyOf() {
    return z.array(Schema).optional();
  },
});
type Schema = z.output<typeof Schema>;

function schemaOf({ payload }: Message): Schema {
  return Schema.parse(payload);
}

/** The fields of an object, those inside of others by their whole names. */
function rowsOf({ properties = {}, required = [] }: Schema, before = ''): Row[] {
  return Object.entries(properties).flatMap(([key, field]) => {
    const name = `${before}${key}`;
    const type = `${typeOf(field)}${required.includes(key) ? '' : ', optional'}`;
    const inside = field.items ? rowsOf(field.items, `${name}[].`) : rowsOf(field, `${name}.`);
    return [{ name, type, words: field.description ?? '' }, ...inside];
  });
}

function typeOf({ type, format, const: only, enum: some, anyOf, items }: Schema): string {
  if (only !== undefined) return JSON.stringify(only);
  if (some) return some.map((value) => JSON.stringify(value)).join(' or ');
  if (anyOf) return anyOf.map(typeOf).join(' or ');
  if (items) return `list of ${typeOf(items)}`;
  const named = [type ?? 'anything'].flat().join(' or ');
  return format ? `${named} (${format})` : named;
}
