import { tracingChannel } from 'node:diagnostics_channel';
import { afterAll } from 'vitest';
import { z } from 'zod';
import { faultOf } from './statement-faults.ts';

// Every statement that a test has this process send to a database is looked at; who speaks to a server as its keeper names none.
const Sent = z.object({ query: z.string(), database: z.string().min(1) });
const faults = new Set<string>();
const hear = (message: unknown) => {
  const sent = Sent.safeParse(message).data;
  const fault = sent && faultOf(sent.query);
  if (fault !== undefined) faults.add(fault);
};
const channels = ['mysql2:query', 'mysql2:execute'].map((name) => tracingChannel(name).start);
for (const channel of channels) channel.subscribe(hear);

afterAll(() => {
  for (const channel of channels) channel.unsubscribe(hear);
  if (faults.size > 0) throw new Error(`statements that not every engine can bear:\n${[...faults].join('\n')}`);
});
