import { focusOn } from './hold-focus.ts';
import { useDeed } from '../api/use-deed.ts';
import type { Session, User } from '../api/use-session.ts';

type Shown = Readonly<{ session: Session; operator: User | undefined; isOps: boolean; onOps(): void }>;

/** Where one can go from here, and in and out. */
export function Navigation({ session: { user, logOut }, operator, isOps, onOps }: Shown) {
  const leaving = useDeed();
  return (
    <nav aria-label="Page">
      {!user && (
        <a href="#log-in" onClick={() => focusOn('log-in')}>
          Log in
        </a>
      )}
      {operator && (
        <button type="button" class="quiet" aria-pressed={isOps} onClick={onOps}>
          Operations
        </button>
      )}
      <a href="/docs">API</a>
      {user && (
        <button type="button" class="quiet" aria-disabled={leaving.isBusy} onClick={() => void leaving.run(logOut)}>
          Log out
        </button>
      )}
      <p role="alert">{leaving.failure && `You are still logged in. ${leaving.failure}`}</p>
    </nav>
  );
}
