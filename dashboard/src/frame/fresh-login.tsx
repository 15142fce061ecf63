import { useEffect, useRef, useState } from 'preact/hooks';
import { type Freshness, onFreshLogin } from '../api/fresh-login.ts';
import { useLogin } from '../api/use-login.ts';
import type { Session, User } from '../api/use-session.ts';
import { CodeField } from '../parts/code-field.tsx';

/** Asks for the password again where the API wants a login of the last minutes; what was asked for is then done. */
export function FreshLogin({ session }: Readonly<{ session: Session }>) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [waiting, setWaiting] = useState<readonly Freshness[]>([]);
  const { user } = session;
  useEffect(() => onFreshLogin((one) => setWaiting((others) => [...others, one])), []);
  const settle = (isFresh: boolean) => {
    waiting.forEach((one) => one(isFresh));
    setWaiting([]);
  };
  // What somebody has asked for is not done for nobody, nor in the name of who has come instead.
  useEffect(() => settle(false), [user?.id]);
  useEffect(() => {
    if (!user && waiting.length > 0) settle(false);
  }, [waiting]);
  const isOpen = user !== undefined && waiting.length > 0;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog ref={dialog} class="palette" aria-labelledby="fresh-login" onClose={() => settle(false)}>
      {isOpen && (
        <PasswordAgain session={session} user={user} onDone={() => settle(true)} onClose={() => settle(false)} />
      )}
    </dialog>
  );
}

type Shown = Readonly<{ session: Session; user: User; onDone(): void; onClose(): void }>;

function PasswordAgain({ session, user, onDone, onClose }: Shown) {
  const [password, setPassword] = useState('');
  const { isBusy, failure, code, setCode, logIn } = useLogin(session, onDone);
  const onSubmit = (event: Event) => {
    event.preventDefault();
    void logIn(user.email, password);
  };
  return (
    <form class="login" onSubmit={onSubmit}>
      <h2 id="fresh-login">Is it you, {user.name}?</h2>
      <p>What you ask for needs a login of the last ten minutes.</p>
      <input type="hidden" autocomplete="username" value={user.email} />
      <label>
        Password
        <input
          type="password"
          autocomplete="current-password"
          required
          autofocus
          value={password}
          onInput={({ currentTarget }) => setPassword(currentTarget.value)}
        />
      </label>
      {code !== undefined && <CodeField code={code} onCode={setCode} />}
      <button type="submit" class="main" aria-disabled={isBusy}>
        Go on
      </button>
      <button type="button" onClick={onClose}>
        Leave it
      </button>
      <p role="alert">{failure}</p>
    </form>
  );
}
