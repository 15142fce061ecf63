import { CannotStart } from '../tools/cannot-start.js';
import { demoLogins } from '../tools/demo-login.js';

const { demo } = demoLogins;
const patienceMs = 15_000;
const retryMs = 1_000;

/**
 * The API as a customer of the demo shop uses it. An API that is away for a moment is waited for, and whoever has been logged
 * out logs in again.
 */
export class CustomerApi {
  #url;
  #token = '';
  #loggingIn;

  constructor(url) {
    this.#url = url;
  }

  /** Whether it answers at all. */
  async isThere() {
    const answer = await fetch(`${this.#url}/healthz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    return answer?.ok === true;
  }

  /** @throws CannotStart when nobody can. */
  async logIn() {
    if (await this.#logInAgain()) return;
    throw new CannotStart(
      `${demo.email} cannot log in at ${this.#url}; the demo needs the demo data, which production has not.`,
    );
  }

  /** Everything for sale that is at hand. */
  async products() {
    const { data } = (await this.get('/products?limit=100')) ?? { data: [] };
    const inStock = data.filter(({ stock, currency }) => (stock === null || stock > 5) && currency === 'USD');
    if (inStock.length === 0) throw new CannotStart('There is nothing for sale.');
    return inStock;
  }

  /** The answer, or undefined when it was a refusal or none. */
  async get(path) {
    return this.#read(await this.#ask('GET', path));
  }

  /** As `get`. */
  async post(path, body) {
    return this.#read(await this.#ask('POST', path, body));
  }

  /** Hears the events of a stream until the signal aborts, over lost connections. */
  async follow(path, signal, hear) {
    let lastId;
    while (!signal.aborted) {
      const headers = { authorization: `Bearer ${this.#token}`, ...(lastId && { 'last-event-id': lastId }) };
      try {
        const answer = await fetch(`${this.#url}${path}`, { headers, signal });
        if (answer.status === 401) await this.#logInAgain();
        for await (const { id, event, data } of answer.ok ? frames(answer.body) : []) {
          lastId = id ?? lastId;
          if (data !== undefined) void hear(event, JSON.parse(data));
        }
      } catch {
        // The connection is lost; what is missed until the next one comes then.
      }
      if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }

  /** Whether that worked; of those who want to at once, one does. */
  #logInAgain() {
    const login = async () => {
      const answer = await this.#send('POST', '/auth/login', demo, '');
      if (answer?.ok) this.#token = (await answer.json()).access_token;
      return answer?.ok === true;
    };
    return (this.#loggingIn ??= login().finally(() => (this.#loggingIn = undefined)));
  }

  async #ask(method, path, body) {
    const token = this.#token;
    const answer = await this.#send(method, path, body, token);
    if (answer?.status !== 401) return answer;
    // Another may have logged in meanwhile.
    const isIn = token !== this.#token || (await this.#logInAgain());
    return isIn ? this.#send(method, path, body, this.#token) : answer;
  }

  async #send(method, path, body, token) {
    const headers = { ...(token && { authorization: `Bearer ${token}` }) };
    const init = { method, headers, signal: AbortSignal.timeout(patienceMs) };
    if (body) Object.assign(init, { body: JSON.stringify(body) });
    if (body) headers['content-type'] = 'application/json';
    return fetch(`${this.#url}${path}`, init).catch(() => undefined);
  }

  async #read(answer) {
    const body = await answer?.json().catch(() => undefined);
    return answer?.ok ? body : undefined;
  }
}

/** The frames of server-sent events, as their fields. */
async function* frames(body) {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks)
      yield Object.fromEntries(
        block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
  }
}
