import { useState } from 'preact/hooks';
import { ask } from '../api/ask-api.ts';
import { usePages } from '../api/use-pages.ts';
import type { StagedFor } from '../frame/staged.ts';
import { mainId } from '../parts/hold-focus.ts';
import { formatMoment } from '../parts/moment.ts';
import { Opening } from '../parts/opening.tsx';
import { Paged } from '../parts/paged.tsx';
import { queried } from '../parts/queried.ts';
import { ShownOnce } from '../parts/shown-once.tsx';
import type { Column } from '../parts/table.tsx';
import { KeyForm } from './key-form.tsx';
import type { Key, NewKey } from './key.ts';

/** The keys with which programs act for whoever is logged in. */
export function KeysView({ user }: Pick<StagedFor, 'user'>) {
  const pages = usePages<Key>(queried('/auth/keys', {}));
  const [made, setMade] = useState<NewKey>();
  const onMade = (key: NewKey) => {
    setMade(key);
    pages.again();
  };
  return (
    <main class="page" id={mainId}>
      <section aria-labelledby="keys">
        <h2 id="keys">API keys</h2>
        <p class="faint">With a key a program acts for you, as far as its scopes go.</p>
        {made && (
          <ShownOnce key={made.id} name={`The key ${made.name}`} value={made.key} onDone={() => setMade(undefined)} />
        )}
        <Paged
          label="API keys"
          pages={pages}
          keyOf={({ id }) => id}
          empty="You have no keys."
          columns={[...columns, deeds(onMade, pages.again)]}
        />
      </section>
      <section aria-labelledby="new-key">
        <h2 id="new-key">A new key</h2>
        <KeyForm role={user.role} onMade={onMade} />
      </section>
    </main>
  );
}

const columns: readonly Column<Key>[] = [
  { name: 'Name', of: ({ name }) => name },
  { name: 'Begins with', of: ({ start }) => <code>{start}…</code> },
  { name: 'Scopes', of: ({ scopes }) => scopes.join(', ') },
  { name: 'Ends', of: ({ expires_at: at }) => (at === null ? 'never' : formatMoment(at)) },
  {
    name: 'Last used',
    of: ({ last_used_at: at, last_used_from: from }) =>
      at === null ? 'never' : `${formatMoment(at)} from ${from ?? '?'}`,
  },
];

const overlaps = [
  ['a day', 86_400],
  ['an hour', 3_600],
  ['a week', 7 * 86_400],
  ['no time', 0],
] as const;

function deeds(onMade: (key: NewKey) => void, onEnd: () => void): Column<Key> {
  const rotate = async (id: string, overlap: string) =>
    onMade(await ask<NewKey>('POST', `/auth/keys/${id}/rotate`, { overlap_seconds: Number(overlap) }));
  return {
    name: 'Change',
    of: ({ id, name }) => (
      <div class="deeds">
        <Opening
          button="Rotate"
          label={`Rotate ${name}`}
          yes="Make the next key"
          onYes={(fields) => rotate(id, fields.text('overlap'))}
        >
          <label>
            The old one goes on for
            <select name="overlap">
              {overlaps.map(([words, seconds]) => (
                <option key={seconds} value={seconds}>
                  {words}
                </option>
              ))}
            </select>
          </label>
        </Opening>
        <Opening
          button="Revoke"
          label={`Revoke ${name}`}
          yes="Yes, revoke"
          onYes={() => ask<undefined>('DELETE', `/auth/keys/${id}`).then(onEnd)}
        >
          <p>What uses it is refused at once, and its streams end.</p>
        </Opening>
      </div>
    ),
  };
}
