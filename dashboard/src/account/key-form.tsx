import { includesRole, scopeNames, scopes } from '../../../src/accounts/scopes.ts';
import { ask } from '../api/ask-api.ts';
import { serverNow } from '../api/server-clock.ts';
import type { User } from '../api/use-session.ts';
import { Choices } from '../parts/choices.tsx';
import { DeedForm } from '../parts/deed-form.tsx';
import type { Fields } from '../parts/fields.ts';
import type { NewKey } from './key.ts';

const dayMs = 86_400_000;
const lives = [
  ['90 days', 90],
  ['a month', 30],
  ['a year', 365],
  ['no end', ''],
] as const;

/** Makes a key: what it is called, what it may, and how long. */
export function KeyForm({ role, onMade }: Readonly<{ role: User['role']; onMade(key: NewKey): void }>) {
  const make = async (fields: Fields) => {
    const wanted = fields.all('scopes');
    if (wanted.length === 0) throw new Error('Choose at least one scope.');
    onMade(await ask<NewKey>('POST', '/auth/keys', { name: fields.text('name'), scopes: wanted, ...limitsOf(fields) }));
  };
  return (
    <DeedForm label="A new key" button="Make the key" onSubmit={make}>
      <label>
        Name
        <input name="name" required maxLength={100} placeholder="what uses it" />
      </label>
      <label>
        Lasts
        <select name="days">
          {lives.map(([words, days]) => (
            <option key={words} value={days}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <label>
        Requests a minute
        <input name="per_minute" type="number" min="1" max="1000000" placeholder="as many as you" />
      </label>
      <Choices
        legend="What it may"
        name="scopes"
        options={scopeNames.filter((scope) => includesRole(role, scopes[scope]))}
      />
    </DeedForm>
  );
}

function limitsOf(fields: Fields): object {
  const [days, perMinute] = [fields.text('days'), fields.text('per_minute')];
  return {
    ...(days && { expires_at: new Date(serverNow() + Number(days) * dayMs).toISOString() }),
    ...(perMinute && { per_minute: Number(perMinute) }),
  };
}
