/** A client for browsers and Node, without dependencies. */
export { createClient, type CountersignClient, type ClientOptions } from './http.ts';
export type { InAccount, Operations, WithProof } from './operations.ts';
export type { Refused, Result } from './result.ts';
export type * from './types.ts';
