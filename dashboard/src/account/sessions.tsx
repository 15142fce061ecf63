import type { z } from '@hono/zod-openapi';
import type { TokenView } from '../../../src/api/accounts/tokens.routes.ts';
import { ask } from '../api/ask-api.ts';
import { usePages } from '../api/use-pages.ts';
import { formatMoment } from '../parts/moment.ts';
import { Opening } from '../parts/opening.tsx';
import { Paged } from '../parts/paged.tsx';
import { queried } from '../parts/queried.ts';
import { deviceOf } from './device.ts';

type Login = z.output<typeof TokenView>;

/** Where one is logged in, each of which can be ended. */
export function Sessions() {
  const pages = usePages<Login>(queried('/auth/tokens', {}));
  const end = ({ id }: Login) => ask<undefined>('DELETE', `/auth/tokens/${id}`).then(pages.again);
  return (
    <section aria-labelledby="sessions">
      <h2 id="sessions">Where you are logged in</h2>
      <Paged
        label="Where you are logged in"
        pages={pages}
        keyOf={({ id }) => id}
        empty="Nowhere."
        columns={[
          { name: 'Device', of: ({ device }) => <span title={device ?? ''}>{deviceOf(device)}</span> },
          { name: 'Address', of: ({ address }) => address ?? 'not known' },
          { name: 'Since', of: ({ created_at: at }) => formatMoment(at) },
          { name: 'Second factor', of: ({ is_two_factor: isShown }) => (isShown ? 'shown' : '') },
          {
            name: 'Change',
            of: (login) =>
              login.is_current ? (
                'this one'
              ) : (
                <Opening
                  button="End"
                  label={`End the login of ${deviceOf(login.device)}`}
                  yes="Yes, end it"
                  onYes={() => end(login)}
                />
              ),
          },
        ]}
      />
    </section>
  );
}
