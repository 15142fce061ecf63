import { readFileSync } from 'node:fs';
import { z } from 'zod';

const About = z.object({ version: z.string() });

/** The version of the product, as package.json says it. */
export const { version } = About.parse(
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')),
);
