import { focusOn } from '../parts/hold-focus.ts';
import { useDeed } from '../api/use-deed.ts';
import type { Session } from '../api/use-session.ts';

type Shown = Readonly<{ session: Session; onSearch(): void }>;

/** What is always at hand: to look for something, the API's description, and in and out. */
export function Navigation({ session: { user, logOut }, onSearch }: Shown) {
  const leaving = useDeed();
  return (
    <nav aria-label="Page">
      {!user && (
        <a href="/#log-in" onClick={toLogin}>
          Log in
        </a>
      )}
      <button type="button" class="quiet" aria-keyshortcuts="Control+K Meta+K" onClick={onSearch}>
        Go to
      </button>
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

/** The form is on this view, or at home. */
function toLogin(event: Event): void {
  if (!document.getElementById('log-in')) return;
  event.preventDefault();
  focusOn('log-in');
}
