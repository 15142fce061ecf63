import { afterEach, describe, expect, it } from 'vitest';
import { GiveUp } from '../../../src/errors.ts';
import { openMailer } from '../../../src/gateways/mail/mailer.ts';
import { type MailServer, startMailServer } from '../../support/upstreams/mail-server.ts';
import { startSandbox } from '../../support/upstreams/sandbox-process.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const some of opened.splice(0)) await some.close();
});
async function serve(answer: (line: string) => string | undefined): Promise<MailServer> {
  const server = await startMailServer(answer);
  opened.push(server);
  return server;
}

const mail = {
  to: 'ada@example.com',
  subject: 'Grüße',
  text: `A line of ${'many '.repeat(30)}words.\n.\n..and ünïcode\n`,
};
const from = 'Shop <shop@example.com>';
const send = (url: string, needsTls = false, signal = AbortSignal.timeout(20_000)) =>
  openMailer({ url, from, needsTls }).send(mail, signal);
const polite = (line: string) => (line === '' ? '220 hello' : line.startsWith('DATA') ? '354 go on' : '250 OK');

describe('a mail', () => {
  it('arrives as it was written, whatever is in it', async () => {
    const sandbox = await startSandbox();
    opened.push({ close: () => sandbox.stop() });
    await send(sandbox.urls.mail);
    await send(sandbox.urls.mail);
    const { to, subject, text } = mail;
    expect(await sandbox.mails()).toMatchObject(
      [1, 2].map((id) => ({ id, from: 'shop@example.com', to: [to], subject })),
    );
    const [first] = await sandbox.mails();
    expect(first?.text.replaceAll('\r\n', '\n').trimEnd()).toBe(text.trimEnd());
  });

  it('is given up when the address is refused for good, and tried again after anything else', async () => {
    const refuse = (verb: string, said: string) => serve((line) => (line.startsWith(verb) ? said : polite(line)));
    await expect(send((await refuse('RCPT', '550 ada@example.com is nobody')).url)).rejects.toThrow(GiveUp);
    for (const [verb, said] of [
      ['RCPT', '450 ada@example.com later'],
      ['MAIL', '451 ada@example.com later'],
      ['EHLO', '421 busy'],
    ] as const) {
      const error: unknown = await send((await refuse(verb, said)).url).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toBeInstanceOf(GiveUp);
    }
  });

  it('names nobody and no password where it fails', async () => {
    const server = await serve((line) =>
      line === ''
        ? '220 hello'
        : line.startsWith('EHLO')
          ? '250-a\r\n250 AUTH PLAIN'
          : '535 ada@example.com wrong pa55word',
    );
    const error: unknown = await send(server.url.replace('//', '//user:pa55word@')).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(Error);
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toMatch(/ada@|pa55word/);
  });

  it('is not handed over without TLS where that is needed, unless the address says so', async () => {
    const server = await serve((line) => (line.startsWith('STARTTLS') ? '502 not here' : polite(line)));
    await expect(send(server.url, true)).rejects.toThrow('the mail was not taken (ETLS');
    expect(server.heard.some((line) => line.startsWith('MAIL'))).toBe(false);
    await send(`${server.url}/?requireTLS=false`, true).catch(() => {});
    expect(server.heard.some((line) => line.startsWith('MAIL'))).toBe(true);
  });

  it('is waited for only as long as its sender waits', async () => {
    const server = await serve(() => undefined);
    const sender = new AbortController();
    const sending = send(server.url, false, sender.signal);
    sender.abort();
    await expect(sending).rejects.toThrow('the mail was not taken');
  });
});
