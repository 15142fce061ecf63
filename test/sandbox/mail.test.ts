import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../support/processes/process.ts';
import { type Sandbox, startSandbox } from '../support/upstreams/sandbox-process.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

/** Says these lines one after the other, each when the one before has been answered, and returns the first words of the answers. */
async function converse(lines: readonly string[]): Promise<string[]> {
  const socket = connect(Number(new URL(sandbox.urls.mail).port), '127.0.0.1');
  const answers: string[] = [];
  const hear = async () => answers.push(String((await once(socket, 'data'))[0]).slice(0, 3));
  await hear();
  for (const line of lines) {
    socket.write(`${line}\r\n`);
    await hear();
  }
  socket.destroy();
  return answers;
}

test('a mail is taken in the order of the protocol and in no other, and shown as it was written', async () => {
  const out = ['DATA', 'RCPT TO:<ada@example.com>', 'MAIL', 'TURN', 'EHLO client', 'NOOP'];
  expect(await converse(out)).toEqual(['220', '503', '503', '501', '502', '250', '250']);
  const message = 'Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe_an?=\r\n =?utf-8?B?IEFkYQ==?=\r\n\r\nOne\r\n..two\r\n.';
  const said = ['EHLO c', 'MAIL FROM:<shop@example.com>', 'RCPT TO:<ada@example.com>', 'RCPT TO:<bob@example.com>'];
  expect(await converse([...said, 'DATA', message, 'QUIT'])).toEqual([
    '220',
    '250',
    '250',
    '250',
    '250',
    '354',
    '250',
    '221',
  ]);
  const to = ['ada@example.com', 'bob@example.com'];
  const [mail] = await sandbox.mails();
  expect(mail).toMatchObject({ id: 1, from: 'shop@example.com', to, subject: 'Grüße an Ada', text: 'One\r\n.two' });
});

test('a mail that breaks off is none', async () => {
  const before = (await sandbox.mails()).length;
  await converse(['EHLO c', 'MAIL FROM:<a@example.com>', 'RCPT TO:<b@example.com>', 'DATA']);
  await until('a mail that is sent after it', async () => {
    await converse([
      'EHLO c',
      'MAIL FROM:<a@example.com>',
      'RCPT TO:<c@example.com>',
      'DATA',
      'Subject: whole\r\n\r\n.',
    ]);
    return (await sandbox.mails()).length > before ? true : undefined;
  });
  expect((await sandbox.mails()).slice(before).map(({ to }) => to)).toEqual([['c@example.com']]);
});

test('the page of the switches has a place for mails', async () => {
  const page = await (await fetch(sandbox.urls.control)).text();
  expect(page).toContain('id="mails"');
  const status: unknown = await (await fetch(`${sandbox.urls.control}/status`)).json();
  expect(status).toMatchObject({ mails: expect.arrayContaining([expect.objectContaining({ subject: 'whole' })]) });
});
