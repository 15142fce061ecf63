import { z } from 'zod';
import { until } from '../processes/process.ts';

const EventData = z.object({ id: z.string(), type: z.string(), subject: z.string(), data: z.looseObject({}) });

/** A frame as a client sees it. */
export type Frame = Readonly<{ id: string | undefined; event: string; data: string }>;

/** A reader of server-sent events: it remembers the last id, as an EventSource does, and may come back with it. */
export type EventClient = Readonly<{
  frames: readonly Frame[];
  /** Everything as it came, comments and marks included. */
  text(): string;
  lastId(): string | undefined;
  /** Resolves with the head of the answer. */
  connect(): Promise<Response>;
  disconnect(): Promise<void>;
  /** The frames, once there are `count` of them. */
  have(count: number): Promise<readonly Frame[]>;
  /** Resolves when the server has ended the answer. */
  ended(): Promise<void>;
}>;

/** Opens a client that is not connected yet. */
export function openEventClient(url: string, headers: Readonly<Record<string, string>> = {}): EventClient {
  const frames: Frame[] = [];
  let text = '';
  let lastId: string | undefined;
  let abort = new AbortController();
  let reading = Promise.resolve();

  const take = (block: string) => {
    const fields = new Map(
      block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    );
    lastId = fields.get('id') ?? lastId;
    const data = fields.get('data');
    if (data !== undefined) frames.push({ id: fields.get('id'), event: fields.get('event') ?? 'message', data });
  };
  const read = async (body: ReadableStream<Uint8Array>) => {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of body) {
      const part = decoder.decode(chunk, { stream: true });
      text += part;
      const blocks = (rest + part).split('\n\n');
      rest = blocks.pop() ?? '';
      blocks.forEach(take);
    }
  };
  return {
    frames,
    text: () => text,
    lastId: () => lastId,
    async connect() {
      abort = new AbortController();
      const resume: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': lastId };
      const answer = await fetch(url, { headers: { ...headers, ...resume }, signal: abort.signal });
      if (answer.ok && answer.body) reading = read(answer.body).catch(() => {});
      return answer;
    },
    async disconnect() {
      abort.abort();
      await reading;
    },
    have: (count) =>
      until(
        () => `${count} frames; there are ${frames.length}`,
        () => (frames.length >= count ? frames : undefined),
      ),
    ended: () => reading,
  };
}

/** What a frame carries. */
export function eventOf({ data }: Frame): z.output<typeof EventData> {
  return EventData.parse(JSON.parse(data));
}
