/** A frame of server-sent events, as far as it says something. */
export type Frame = Readonly<{ event: string; data?: string; id?: string; retryMs?: number }>;

const mostCharacters = 4_000_000;

/** The frames of a body of server-sent events; `hear` is told of every byte, heartbeats included. */
export async function* framesOf(body: ReadableStream<Uint8Array>, hear: () => void): AsyncGenerator<Frame, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      hear();
      const blocks = (rest + decoder.decode(value, { stream: true })).replaceAll('\r\n', '\n').split('\n\n');
      rest = blocks.pop() ?? '';
      if (rest.length > mostCharacters) throw new RangeError(`a frame has more than ${mostCharacters} characters`);
      for (const block of blocks) yield frameOf(block);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function frameOf(block: string): Frame {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    const before = name === 'data' ? fields.get('data') : undefined;
    fields.set(name, before === undefined ? value : `${before}\n${value}`);
  }
  const [data, id, retry] = ['data', 'id', 'retry'].map((name) => fields.get(name));
  return {
    event: fields.get('event') ?? 'message',
    ...(data === undefined ? {} : { data }),
    ...(id === undefined ? {} : { id }),
    ...(retry !== undefined && /^\d+$/.test(retry) ? { retryMs: Number(retry) } : {}),
  };
}
