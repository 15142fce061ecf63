import { connect, type Socket } from 'node:net';

/** An answer: status 0 when the connection was lost before it came. */
export type Answer = Readonly<{ status: number; body: string }>;

/**
 * One keep-alive connection, one request at a time. Much lighter than a client of HTTP that knows everything, because what the load
 * costs is taken from those who are measured.
 */
export class Connection {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;
  #text = '';
  #answered: ((answer: Answer) => void) | undefined;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
  }

  /** Connects beforehand; a later `send` connects again when the other side has hung up. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: this.#host, port: this.#port, noDelay: true });
      socket.setEncoding('latin1');
      socket.on('data', (chunk: string) => this.#hear(chunk));
      socket.once('error', reject);
      socket.once('connect', () => resolve());
      socket.once('close', () => {
        this.#socket = undefined;
        this.#finish({ status: 0, body: '' });
      });
      this.#socket = socket;
    });
  }

  /** Sends the bytes of one request, and resolves with its answer. */
  async send(request: string): Promise<Answer> {
    if (!this.#socket) await this.open();
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#socket?.write(request, 'latin1');
    });
  }

  /** Hangs up. */
  close(): void {
    this.#socket?.destroy();
  }

  #hear(chunk: string): void {
    this.#text += chunk;
    const answer = read(this.#text);
    if (answer) this.#finish(answer);
  }

  #finish(answer: Answer): void {
    const resolve = this.#answered;
    this.#text = '';
    this.#answered = undefined;
    resolve?.(answer);
  }
}

/** The answer, once it is whole. Its body may be chunked; then it is left with the marks of its chunks. */
function read(text: string): Answer | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const status = Number(text.slice(9, 12));
  const body = text.slice(end + 4);
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end + 2))?.[1];
  const isWhole = length === undefined ? body.endsWith('0\r\n\r\n') : body.length >= Number(length);
  return isWhole ? { status, body } : undefined;
}
