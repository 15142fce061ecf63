import type { z } from '@hono/zod-openapi';
import { useState } from 'preact/hooks';
import type { Enrolment, FactorView } from '../../../src/api/accounts/mfa.routes.ts';
import { ask } from '../api/ask-api.ts';
import { useReading } from '../api/use-reading.ts';
import { DeedForm } from '../parts/deed-form.tsx';
import type { Fields } from '../parts/fields.ts';
import { formatMoment } from '../parts/moment.ts';
import { Opening } from '../parts/opening.tsx';
import { Part } from '../parts/part.tsx';
import { ShownOnce } from '../parts/shown-once.tsx';
import { QrCode } from './qr-code.tsx';

type Factor = z.output<typeof FactorView>;
type Begun = z.output<typeof Enrolment>;

const everyMs = 60_000;
const passwordOf = (fields: Fields) => fields.all('password')[0] ?? '';

/** The second factor of the account: set up with an app, and turned off with one of its codes. */
export function SecondFactor() {
  const factor = useReading<Factor>('/auth/mfa', everyMs);
  const [begun, setBegun] = useState<Begun>();
  const [codes, setCodes] = useState<readonly string[]>();
  const begin = async (fields: Fields) =>
    setBegun(await ask<Begun>('POST', '/auth/mfa', { password: passwordOf(fields) }));
  const confirm = async (fields: Fields) => {
    const made = await ask<{ recovery_codes: string[] }>('POST', '/auth/mfa/confirm', { code: fields.text('code') });
    setBegun(undefined);
    setCodes(made.recovery_codes);
    await factor.read();
  };
  const end = async (fields: Fields) => {
    await ask('POST', '/auth/mfa/end', { password: passwordOf(fields), code: fields.text('code') });
    await factor.read();
  };
  return (
    <Part id="factor" title="Second factor" reading={factor}>
      {({ is_active: isActive, confirmed_at: at, recovery_codes_left: left }) => (
        <>
          <p class="faint">
            {isActive
              ? `On since ${at && formatMoment(at)}, with ${left} recovery codes left.`
              : 'Your password alone logs you in.'}
          </p>
          {codes && <ShownOnce name="Recovery codes" value={codes.join(' ')} onDone={() => setCodes(undefined)} />}
          {isActive && (
            <Opening button="Turn off the second factor" yes="Turn it off" onYes={end}>
              <PasswordField />
              <CodeOfApp label="Code of your app, or a recovery code" />
            </Opening>
          )}
          {!isActive && !begun && (
            <Opening button="Set up a second factor" yes="Go on" onYes={begin}>
              <PasswordField />
            </Opening>
          )}
          {!isActive && begun && <Enrolling begun={begun} onConfirm={confirm} />}
        </>
      )}
    </Part>
  );
}

function Enrolling({ begun, onConfirm }: Readonly<{ begun: Begun; onConfirm(fields: Fields): Promise<void> }>) {
  return (
    <>
      <p>
        Let an app that makes codes read this, or open it <a href={begun.uri}>on this device</a>, or type the key{' '}
        <code>{begun.secret}</code>.
      </p>
      <QrCode text={begun.uri} />
      <DeedForm label="First code" button="Turn it on" onSubmit={onConfirm}>
        <CodeOfApp label="The first code that the app shows" />
      </DeedForm>
    </>
  );
}

function PasswordField() {
  return (
    <label>
      Password
      <input name="password" type="password" autocomplete="current-password" required />
    </label>
  );
}

function CodeOfApp({ label }: Readonly<{ label: string }>) {
  return (
    <label>
      {label}
      <input name="code" autocomplete="one-time-code" required minLength={6} maxLength={40} />
    </label>
  );
}
