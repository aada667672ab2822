import type { Route } from '../route.ts';

/** A recorded request, as a shell command, and its answer. */
export type Example = { readonly request: string; readonly answer: string };

/** The method and path, which are the key of an example. */
export const nameOf = ({ method, path }: Pick<Route, 'method' | 'path'>) => `${method.toUpperCase()} ${path}`;
