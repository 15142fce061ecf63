import { useState } from 'preact/hooks';
import { ask } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';
import { usePages } from '../api/use-pages.ts';
import type { User } from '../api/use-session.ts';
import { pathOf } from '../frame/address.ts';
import { askedIn, useAsked } from '../frame/asked.ts';
import type { StagedFor } from '../frame/staged.ts';
import { Chosen } from '../parts/chosen.tsx';
import { mainId } from '../parts/hold-focus.ts';
import { formatMoment } from '../parts/moment.ts';
import { Paged } from '../parts/paged.tsx';
import { queried } from '../parts/queried.ts';
import { SearchField } from '../parts/search-field.tsx';
import type { Column } from '../parts/table.tsx';
import { useSettled } from '../parts/use-settled.ts';

const roles = ['user', 'operator', 'admin'] as const;

/** Everybody who has an account, and what each may do. */
export function CustomersView({ user: self }: Pick<StagedFor, 'user'>) {
  const [{ role, email }, narrow] = useAsked({ role: '', email: '' });
  const [said, setSaid] = useState('');
  const address = useSettled(email);
  // What is no whole address yet is no question.
  const pages = usePages<User>(queried('/users', { role, email: /^\S+@\S+\.\S+$/.test(address) ? address : '' }));
  const onChange = (changed: User) => {
    pages.change(({ id }) => id === changed.id, changed);
    setSaid(`${changed.email} has the role ${changed.role} now.`);
  };
  return (
    <main class="page" id={mainId}>
      <section aria-labelledby="customers">
        <h2 id="customers">Customers</h2>
        <div class="fields" role="search">
          <SearchField
            label="E-mail"
            placeholder="the whole address"
            words={email}
            onWords={(words) => narrow({ email: words.trim() })}
            isName
          />
          <Chosen name="Role" value={role} options={roles} none="any" onChoose={(chosen) => narrow({ role: chosen })} />
        </div>
        <p role="status" class="faint">
          {said}
        </p>
        <Paged
          label="Customers"
          pages={pages}
          keyOf={({ id }) => id}
          empty="There is nobody like that."
          columns={columnsOf(self, onChange)}
        />
      </section>
    </main>
  );
}

function columnsOf(self: Readonly<{ id: number }>, onChange: (changed: User) => void): readonly Column<User>[] {
  return [
    { name: 'Id', isFigure: true, of: ({ id }) => id },
    { name: 'E-mail', of: ({ email }) => email },
    { name: 'Name', of: ({ name }) => name },
    {
      name: 'Orders',
      of: ({ id, email }) => (
        <a href={`${pathOf('orders')}${askedIn({ user_id: String(id) })}`} aria-label={`Orders of ${email}`}>
          Orders
        </a>
      ),
    },
    { name: 'Since', of: ({ created_at: at }) => formatMoment(at) },
    {
      name: 'Role',
      of: (user) => (user.id === self.id ? user.role : <RoleForm key={user.role} user={user} onChange={onChange} />),
    },
  ];
}

/** Gives a role only once it has been chosen and confirmed: keys move through a choice. It is of one role, and begins anew with another. */
function RoleForm({ user, onChange }: Readonly<{ user: User; onChange(user: User): void }>) {
  const [role, setRole] = useState<string>(user.role);
  const { isBusy, failure, run } = useDeed();
  const change = (event: Event) => {
    event.preventDefault();
    void run(async () => onChange(await ask<User>('PATCH', `/users/${user.id}`, { role })));
  };
  return (
    <form class="inline" onSubmit={change}>
      <select
        aria-label={`Role of ${user.email}`}
        value={role}
        onChange={({ currentTarget }) => setRole(currentTarget.value)}
      >
        {roles.map((some) => (
          <option key={some}>{some}</option>
        ))}
      </select>
      {role !== user.role && (
        <button type="submit" aria-disabled={isBusy}>
          Change
        </button>
      )}
      <span role="alert">{failure}</span>
    </form>
  );
}
