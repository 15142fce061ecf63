import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { mainId } from '../parts/hold-focus.ts';

/** A view. */
export type Component<Props> = (props: Props) => VNode | null;

/** A view that is fetched when somebody first goes there, so that the first one is there sooner. */
export function lazily<Props extends object>(load: () => Promise<Component<Props>>): Component<Props> {
  let known: Component<Props> | undefined;
  return function Lazy(props: Props) {
    const [View, setView] = useState<Component<Props> | undefined>(() => known);
    const [hasFailed, setHasFailed] = useState(false);
    useEffect(() => {
      if (View) return;
      const begin = async () => {
        known = await load();
        setView(() => known);
      };
      begin().catch(() => setHasFailed(true));
    }, []);
    if (View) return <View {...props} />;
    return (
      <main class="page" id={mainId}>
        {hasFailed ? (
          // A newer page may have taken its place on the server.
          <p role="alert">
            This view could not be fetched.{' '}
            <button type="button" onClick={() => location.reload()}>
              Reload
            </button>
          </p>
        ) : (
          <p class="empty">Being fetched.</p>
        )}
      </main>
    );
  };
}
