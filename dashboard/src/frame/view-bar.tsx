import { useState } from 'preact/hooks';
import type { User } from '../api/use-session.ts';
import { pathOf } from './address.ts';
import { areas, isOffered, type View, views } from './views.ts';

type Shown = Readonly<{ user: User | undefined; at: string }>;

/** The ways to the views that somebody is offered: at the side of a wide screen; at the foot of a phone the first, the others on demand. */
export function ViewBar({ user, at }: Shown) {
  const [isOpen, setIsOpen] = useState(false);
  const offered = views.filter((view) => isOffered(view, user));
  const [first = [], ...others] = areas.map((area) => offered.filter((view) => view.area === area));
  const rest = others.filter((some) => some.length > 0);
  const isHere = rest.flat().some(({ name }) => name === at);
  const close = () => setIsOpen(false);
  return (
    <nav class="views" aria-label="Views" onKeyDown={({ key }) => key === 'Escape' && close()}>
      <Links views={first} at={at} onFollow={close} />
      {rest.length > 0 && (
        <>
          <button
            type="button"
            class="quiet"
            aria-expanded={isOpen}
            data-here={isHere}
            onClick={() => setIsOpen(!isOpen)}
          >
            More
          </button>
          <div class="rest" data-open={isOpen}>
            {rest.map((some) => (
              <Links key={some[0]?.area} views={some} at={at} onFollow={close} title={some[0]?.area} />
            ))}
          </div>
        </>
      )}
    </nav>
  );
}

type Listed = Readonly<{ views: readonly View[]; at: string; title?: string | undefined; onFollow(): void }>;

function Links({ views: listed, at, title, onFollow }: Listed) {
  return (
    <>
      {title !== undefined && <p class="faint">{title}</p>}
      <ul aria-label={title}>
        {listed.map(({ name, title: words }) => (
          <li key={name}>
            <a href={pathOf(name)} aria-current={name === at ? 'page' : undefined} onClick={onFollow}>
              {words}
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}
