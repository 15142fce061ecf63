import { useState } from 'preact/hooks';
import { settings } from '../api/settings.ts';
import { useLogin } from '../api/use-login.ts';
import type { Session } from '../api/use-session.ts';
import { CodeField } from './code-field.tsx';
import { ForgottenPassword } from './forgotten-password.tsx';

const demo = settings.isDemo ? { email: 'demo@example.com', password: 'orderflow-demo' } : { email: '', password: '' };

/** Logs in; where the demo data is, its account stands in the fields already. */
export function LoginForm({ session }: Readonly<{ session: Session }>) {
  const [{ email, password }, setFields] = useState(demo);
  const { isBusy, failure, code, setCode, logIn } = useLogin(session);
  const onSubmit = (event: Event) => {
    event.preventDefault();
    void logIn(email, password);
  };
  const field = (name: keyof typeof demo) => ({
    name,
    required: true,
    value: name === 'email' ? email : password,
    onInput: ({ currentTarget: { value } }: { currentTarget: HTMLInputElement }) =>
      setFields((old) => ({ ...old, [name]: value })),
  });
  return (
    <section class="orders" aria-labelledby="orders">
      <h2 id="orders">Orders</h2>
      <p role="status">{session.hasEnded && 'You have been logged out elsewhere, or your time was up.'}</p>
      <p>Log in to place an order and to watch it being paid.</p>
      <form class="login" onSubmit={onSubmit}>
        <label>
          E-mail
          <input id="log-in" type="email" autocomplete="username" {...field('email')} />
        </label>
        <label>
          Password
          <input type="password" autocomplete="current-password" {...field('password')} />
        </label>
        {code !== undefined && <CodeField code={code} onCode={setCode} />}
        <button type="submit" class="main" aria-disabled={isBusy}>
          {isBusy ? 'Logging in' : 'Log in'}
        </button>
        <p role="alert">{failure}</p>
        <ForgottenPassword email={email} />
      </form>
    </section>
  );
}
