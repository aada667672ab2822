import type { Route } from '../route.ts';

/** A request that was played, as a command of the shell, and what was answered. */
export type Example = { readonly request: string; readonly answer: string };

/** Method and path, by which examples are found. */
export const nameOf = ({ method, path }: Pick<Route, 'method' | 'path'>) => `${method.toUpperCase()} ${path}`;
