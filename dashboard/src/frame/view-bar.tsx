import type { User } from '../api/use-session.ts';
import { pathOf } from './address.ts';
import { isOffered, views } from './views.ts';

/** The ways to the views that somebody is offered: at the side of a wide screen, at the foot of a phone. */
export function ViewBar({ user, at }: Readonly<{ user: User | undefined; at: string }>) {
  return (
    <nav class="views" aria-label="Views">
      <ul>
        {views
          .filter((view) => isOffered(view, user))
          .map(({ name, title }) => (
            <li key={name}>
              <a href={pathOf(name)} aria-current={name === at ? 'page' : undefined}>
                {title}
              </a>
            </li>
          ))}
      </ul>
    </nav>
  );
}
