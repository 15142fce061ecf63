import { useReading } from '../api/use-reading.ts';
import { Choices } from '../parts/choices.tsx';
import type { Fields } from '../parts/fields.ts';
import type { Webhook } from './webhook.ts';

type Announced = Readonly<{
  channels: Readonly<Record<string, { messages: Readonly<Record<string, unknown>>; 'x-redis-stream'?: object }>>;
}>;

const everyMs = 600_000;

/** What somebody says of a webhook: where it is, and what it is told. */
export function WebhookFields({ webhook }: Readonly<{ webhook?: Webhook }>) {
  const { value } = useReading<Announced>('/asyncapi.json', everyMs);
  const types = Object.values(value?.channels ?? {}).flatMap((channel) =>
    channel['x-redis-stream'] ? Object.keys(channel.messages) : [],
  );
  return (
    <>
      <label class="wide">
        Address
        <input
          name="url"
          type="url"
          required
          maxLength={2_000}
          placeholder="https://"
          spellcheck={false}
          defaultValue={webhook?.url ?? ''}
        />
      </label>
      <label>
        What it is for
        <input name="description" maxLength={200} defaultValue={webhook?.description ?? ''} />
      </label>
      <label>
        Symbols; none: all
        <input
          name="symbols"
          placeholder="AAPL, MSFT"
          spellcheck={false}
          defaultValue={webhook?.symbols.join(', ') ?? ''}
        />
      </label>
      {value && <Choices legend="Events; none: all" name="types" options={types} chosen={webhook?.types ?? []} />}
    </>
  );
}

/** The body of a request for it; of the events nothing is said where it is not known which there are. */
export function wishesOf(fields: Fields): object {
  return {
    url: fields.text('url'),
    description: fields.text('description') || null,
    ...(fields.asks('types') && { types: fields.all('types') }),
    symbols: fields
      .text('symbols')
      .split(/[\s,]+/)
      .filter(Boolean),
  };
}
