/** Something that happens in a process and is measured by whoever listens; nobody has to. */
export type Measure<T> = Readonly<{
  note(happened: T): void;
  listen(hear: (happened: T) => void): void;
}>;

/** A batch that has committed, or could not: of what, and how many had come together. */
export type BatchEnded = Readonly<{ batch: string; members: number }>;

/** A call of somebody outside that has ended: by its outcome where the answer names one, else `answered` or `no_answer`. */
export type CallEnded = Readonly<{ gateway: string; call: string; outcome: string; seconds: number }>;

/** Batches that have ended in this process. */
export const batches = openMeasure<BatchEnded>();

/** Calls that have ended in this process. */
export const calls = openMeasure<CallEnded>();

// Of the process and not of a context, as traces are: what is measured lies far below whoever counts it.
function openMeasure<T>(): Measure<T> {
  const listening = new Set<(happened: T) => void>();
  return {
    note: (happened) => listening.forEach((hear) => hear(happened)),
    listen: (hear) => void listening.add(hear),
  };
}
