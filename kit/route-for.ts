import type { Route } from '../src/http/route.ts';

/** The route of a request, found without the router: the match with the fewest parameters. */
export function routeFor(routes: readonly Route[], method: string, path: string): Route | undefined {
  const parts = path.replace(/\/$/, '').split('/');
  const fits = routes.filter((route) => {
    const pattern = route.path.replace(/\/$/, '').split('/');
    return pattern.length === parts.length && pattern.every((part, at) => part.startsWith('{') || part === parts[at]);
  });
  const parameters = ({ path: pattern }: Route) => pattern.split('{').length;
  const [nearest] = fits.toSorted((a, b) => parameters(a) - parameters(b));
  const asked = method === 'HEAD' ? 'get' : method.toLowerCase();
  return fits.find((route) => route.path === nearest?.path && route.method === asked);
}

export function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
