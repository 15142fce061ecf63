import { ask } from '../api/ask-api.ts';
import type { StagedFor } from '../frame/staged.ts';
import { DeedForm } from '../parts/deed-form.tsx';
import type { Fields } from '../parts/fields.ts';
import { mainId } from '../parts/hold-focus.ts';
import { formatMoment } from '../parts/moment.ts';
import { SecondFactor } from './second-factor.tsx';
import { Sessions } from './sessions.tsx';

/** One's own account: what one logs in with, and where one is logged in. */
export function AccountView({ user }: Pick<StagedFor, 'user'>) {
  return (
    <main class="page" id={mainId}>
      <section aria-labelledby="address">
        <h2 id="address">{user.email}</h2>
        {user.email_confirmed_at ? (
          <p class="faint">Confirmed on {formatMoment(user.email_confirmed_at)}.</p>
        ) : (
          <DeedForm label="E-mail" button="Send me a link" onSubmit={askForConfirmation}>
            <p>The address is not confirmed yet.</p>
          </DeedForm>
        )}
      </section>
      <section aria-labelledby="password">
        <h2 id="password">Password</h2>
        <DeedForm label="Password" button="Change the password" onSubmit={changePassword}>
          <label>
            The present one
            <input name="current" type="password" autocomplete="current-password" required />
          </label>
          <label>
            A new one, of eight letters or more
            <input name="new" type="password" autocomplete="new-password" required minLength={8} />
          </label>
        </DeedForm>
      </section>
      <SecondFactor />
      <Sessions />
    </main>
  );
}

async function askForConfirmation(): Promise<string> {
  await ask('POST', '/auth/confirm');
  return 'A mail is on its way; its link is good for a day.';
}

/** What is typed here is taken as it is, blanks included. */
async function changePassword(fields: Fields): Promise<string> {
  const [current = '', wanted = ''] = [...fields.all('current'), ...fields.all('new')];
  await ask('POST', '/auth/password', { current, new: wanted });
  return 'The password is changed, and you are logged out everywhere else.';
}
