import type { SourceCredential, Skipped } from '../../engine/operator/import-users.ts';

/** One entry of a source, as its reader understands it, before any check. */
export type Found = FoundUser | Unreadable;

export type FoundUser = {
  /** Its place in the source, such as `line 12`. */
  readonly at: string;
  readonly profile: SourceProfile;
  readonly authenticators: readonly SourceCredential[];
  /** The items that the reader cannot import. */
  readonly skipped: readonly Skipped[];
  /** Whether the source system requires more than a password. */
  readonly guarded: boolean;
};

/** An entry without an importable user, or a source of which no user can be imported. */
export type Unreadable = Pick<FoundUser, 'at'> & {
  readonly what?: 'source';
  readonly why: string;
  readonly name?: string;
};

/** Refuses the whole source. The reader ends after it. */
export const refusedSource = (at: string, why: string): Unreadable => ({ at, what: 'source', why });

export type SourceProfile = {
  readonly name: string;
  readonly email?: string | null | undefined;
  readonly phone?: string | null | undefined;
  readonly firstName?: string | null | undefined;
  readonly lastName?: string | null | undefined;
};

/** A source that is being read. */
export type Reading = {
  /** Reads it from its start. It is read twice: no user is imported before its end was seen. */
  readonly users: () => AsyncIterable<Found>;
  /** The part that was read, from 0 to 1; undefined if the size is unknown. */
  readonly fraction: () => number | undefined;
  readonly close?: () => void;
};

/** Options about the source. */
export type SourceOptions = {
  /** False: it has no second factors. */
  readonly secondFactors?: boolean;
  /** Names in it that are irrelevant to second factors. */
  readonly harmless?: readonly string[];
};

export const disabledInSource = 'is disabled in the source';
export const foreignRecoveryCodes = 'those of other systems are not imported; the user can generate new ones';
export const unconfirmed = 'was never confirmed by its owner';
