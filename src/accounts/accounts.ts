import type { Config } from '../config.ts';
import { Misconfigured } from '../errors.ts';
import { type Mailer, openMailer } from '../gateways/mail/mailer.ts';
import type { MailDue, Purpose } from './verifications.ts';

/** What accounts have to do with the world outside. */
export type Accounts = Readonly<{
  /** Mails a link. @throws Misconfigured without a mail server. */
  sendLink(due: MailDue, signal: AbortSignal): Promise<void>;
  /** What else is mailed; undefined without a mail server. */
  mailer: Mailer | undefined;
  /** Where people are sent from a mail. */
  publicUrl: string;
}>;

const subjects: Readonly<Record<Purpose, string>> = {
  reset: 'Choose a new password',
  confirm: 'Confirm your e-mail address',
};
const texts: Readonly<Record<Purpose, string>> = {
  reset:
    'somebody, hopefully you, has asked for a new password. Choose it here within half an hour; the link is good once:',
  confirm: 'please confirm within a day that this address is yours:',
};

/** Opens the accounts; no mail server is asked yet. */
export function openAccounts({ SMTP_URL, MAIL_FROM, publicUrl, isProduction }: Config): Accounts {
  const from = MAIL_FROM ?? `Orderflow <no-reply@${new URL(publicUrl).hostname}>`;
  const mailer = SMTP_URL === undefined ? undefined : openMailer({ url: SMTP_URL, from, needsTls: isProduction });
  return {
    mailer,
    publicUrl,
    async sendLink({ purpose, email, name, token }, signal) {
      if (!mailer) throw new Misconfigured('no mail is sent: SMTP_URL is not set');
      // Behind the #, the token is in no request line and no log.
      const link = `${publicUrl}/account#${purpose}=${token}`;
      const end = 'If it was not you, there is nothing to do: without this link nothing changes.';
      const text = `Hello${name === undefined ? '' : ` ${name}`},\n\n${texts[purpose]}\n\n${link}\n\n${end}\n`;
      await mailer.send({ to: email, subject: subjects[purpose], text }, signal);
    },
  };
}
