import { Problem } from '../../errors.ts';
import type { Route } from './define-route.ts';
import type { Check } from '../callers/route-env.ts';

/** Tells paths that there are from methods that they take. */
export type Paths = Readonly<{
  /**
   * Refuses a path with an empty part, and a wrong method of a path that is named whole, before a parameter of another
   * path takes it for a value.
   */
  refuseWrongMethod: Check;
  /** For what no route has matched: 405 with the methods that the path takes, 404 when there is no such path. */
  unmatched(path: string): Problem;
}>;

// The router's own path has lost a slash at its end.
const emptyPart = /^\w+:\/\/[^?#]*\/\//;

/** Reads off the routes which paths take which methods. */
export function openPaths(routes: readonly Route[]): Paths {
  const byPath = Map.groupBy(routes, ({ route }) => route.path);
  const paths = [...byPath].map(([path, of]) => ({ path, pattern: patternOf(path), methods: methodsOf(of) }));
  // A path without parameters is itself and nothing else, whatever other paths could mean by it.
  const whole = new Map(paths.filter(({ path }) => !path.includes('{')).map(({ path, methods }) => [path, methods]));
  const named = (path: string) => whole.get(path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path);
  return {
    refuseWrongMethod(c) {
      if (emptyPart.test(c.req.url)) throw unknownPath();
      const methods = named(c.req.path);
      if (methods && !methods.includes(c.req.method)) throw wrongMethod(methods);
    },
    unmatched(path) {
      const methods =
        named(path) ?? paths.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods: some }) => some);
      if (methods.length > 0) return wrongMethod(methods);
      return unknownPath();
    },
  };
}

function methodsOf(routes: readonly Route[]): string[] {
  const methods = routes.map(({ route }) => route.method.toUpperCase());
  return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))];
}

function unknownPath(): Problem {
  return new Problem('not_found', 'No such path; /docs lists what there is.');
}

function wrongMethod(methods: readonly string[]): Problem {
  const allow = [...new Set(methods)].join(', ');
  return new Problem('method_not_allowed', `This path takes ${allow}.`, { headers: { allow } });
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}/?$`);
}
