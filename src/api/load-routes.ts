import { readdir } from 'node:fs/promises';
import { BadDefinition } from '../load-definitions.ts';
import type { Route } from './define-route.ts';

/** The routes of every `*.routes.ts` of this folder. @throws BadDefinition naming a file that exports none. */
export async function loadRoutes(): Promise<readonly Route[]> {
  const files = (await readdir(import.meta.dirname)).filter((name) => name.endsWith('.routes.ts')).toSorted();
  return (await Promise.all(files.map(loadRoutesOf))).flat();
}

async function loadRoutesOf(file: string): Promise<readonly Route[]> {
  const module: unknown = await import(new URL(file, import.meta.url).href);
  const routes = typeof module === 'object' && module !== null && 'routes' in module ? module.routes : undefined;
  if (!areRoutes(routes)) throw new BadDefinition(`src/api/${file} exports no array named 'routes'`);
  return routes;
}

// What defineRoute returns is recognised by the fields that only it gives together.
function areRoutes(value: unknown): value is readonly Route[] {
  const isRoute = (route: unknown) =>
    typeof route === 'object' && route !== null && 'who' in route && 'route' in route && 'handler' in route;
  return Array.isArray(value) && value.every(isRoute);
}
