import { useRef, useState } from 'preact/hooks';
import { useFailure } from './use-failure.ts';

/** Something that a button does, one at a time: whether it is under way, and why the last one failed. */
export type Deed = Readonly<{ isBusy: boolean; failure: string; run(work: () => Promise<unknown>): Promise<void> }>;

/** Does what buttons ask for. While it is under way, what else is asked for is not done. */
export function useDeed(): Deed {
  const [isBusy, setIsBusy] = useState(false);
  // The next click can come before the page has been drawn again.
  const isUnderWay = useRef(false);
  const failure = useFailure();
  return {
    isBusy,
    failure: failure.message,
    async run(work) {
      if (isUnderWay.current) return;
      isUnderWay.current = true;
      setIsBusy(true);
      failure.clear();
      await work().catch(failure.note);
      isUnderWay.current = false;
      setIsBusy(false);
    },
  };
}
