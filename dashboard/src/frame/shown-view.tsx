import { useEffect } from 'preact/hooks';
import { mainId } from '../parts/hold-focus.ts';
import { LoginForm } from '../parts/login-form.tsx';
import type { Staged } from './staged.ts';
import { isOffered, views } from './views.ts';

/** The view of an address, or why it is not shown. */
export function ShownView({ name, staged }: Readonly<{ name: string; staged: Staged }>) {
  const view = views.find((some) => some.name === name);
  const { user } = staged.session;
  const title = [view?.title ?? 'No such view', staged.item].filter(Boolean).join(' · ');
  useEffect(() => {
    document.title = name === '' ? 'Orderflow' : `${title} · Orderflow`;
  }, [title]);
  if (view?.for === 'everybody') return <view.Shown {...staged} />;
  if (view && user && isOffered(view, user)) return <view.Shown {...staged} user={user} />;
  return (
    <main class="page" id={mainId}>
      {view && !user ? (
        <LoginForm session={staged.session} />
      ) : (
        <p class="empty">
          {view ? `${view.title} is not for your role.` : 'There is no such view.'} <a href="/">Overview</a>
        </p>
      )}
    </main>
  );
}
