import { useState } from 'preact/hooks';
import { ask } from '../api/ask-api.ts';
import { useDeed } from '../api/use-deed.ts';

/** Asks for a mail with a link for a new password; what is said is the same, whoever has the address. */
export function ForgottenPassword({ email }: Readonly<{ email: string }>) {
  const [told, setTold] = useState<string>();
  const { isBusy, failure, run } = useDeed();
  const send = () =>
    run(async () => {
      setTold(undefined);
      await ask('POST', '/auth/reset', { email });
      setTold(email);
    });
  return (
    <>
      <button type="button" class="quiet" aria-disabled={isBusy || email === ''} onClick={() => email && void send()}>
        I have forgotten my password
      </button>
      <p role="status">
        {told && `If ${told} has an account here, a mail with a link for a new password is on its way.`}
      </p>
      <p role="alert">{failure}</p>
    </>
  );
}
