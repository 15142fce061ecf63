import { createTransport } from 'nodemailer';
import { GiveUp } from '../../errors.ts';

/** A mail of plain text. */
export type Mail = Readonly<{ to: string; subject: string; text: string }>;

/** Hands mails to the mail server. */
export type Mailer = Readonly<{
  /** @throws GiveUp when the server will never take this mail, Error when it may take it later; neither names anybody. */
  send(mail: Mail, signal: AbortSignal): Promise<void>;
}>;

/** Where mails are handed over, and who sends them. */
export type MailSettings = Readonly<{ url: string; from: string; needsTls: boolean }>;

const patienceMs = 10_000;

/** Opens the mailer; nothing is asked of the server yet. */
export function openMailer({ url, from, needsTls }: MailSettings): Mailer {
  const isTlsGiven = new URL(url).searchParams.has('requireTLS');
  const transport = createTransport(
    {
      url,
      ...(isTlsGiven ? {} : { requireTLS: needsTls }),
      connectionTimeout: patienceMs,
      greetingTimeout: patienceMs,
      socketTimeout: patienceMs,
      // A mail is its text: nothing is read for it from disks or networks.
      disableFileAccess: true,
      disableUrlAccess: true,
    },
    { from },
  );
  return {
    async send(mail, signal) {
      try {
        await transport.sendMail({ ...mail, signal });
      } catch (error) {
        throw refusal(error);
      }
    },
  };
}

/** What the server says may repeat the address; jobs keep the reason of their failure for days. */
function refusal(error: unknown): Error {
  const { code, responseCode } = facts(error);
  // 5xx is for good, but for the login, which somebody may mend, and for what is said before a mail is named.
  if (code === 'EENVELOPE' && responseCode >= 500)
    return new GiveUp(`the mail server refuses the address (${responseCode})`);
  return new Error(`the mail was not taken (${code}${responseCode ? ` ${responseCode}` : ''})`);
}

function facts(error: unknown): { code: string; responseCode: number } {
  const has = typeof error === 'object' && error !== null;
  const code = has && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
  const responseCode = has && 'responseCode' in error ? Number(error.responseCode) || 0 : 0;
  return { code, responseCode };
}
