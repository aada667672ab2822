import type { SourceCredential, Skipped } from '../../engine/operator/import-users.ts';

/** What a format's reader makes of one entry of its source, before any of it is checked. */
export type Found = FoundUser | Unreadable;

export type FoundUser = {
  /** Where it stands in the source, such as `line 12`. */
  readonly at: string;
  readonly profile: SourceProfile;
  readonly authenticators: readonly SourceCredential[];
  /** What the reader knows can't be taken. */
  readonly left: readonly Skipped[];
  /** Whether a password alone does not let them in there. */
  readonly guarded: boolean;
};

/** An entry of which there is no user to be had, or a source of which no user can be imported. */
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
  /** Reads it from its start. It is read twice: no user is imported before its end was seen, when the reader knows all of it. */
  readonly users: () => AsyncIterable<Found>;
  /** How much of it was read, from 0 to 1; undefined where nobody knows how much there is. */
  readonly fraction: () => number | undefined;
  readonly close?: () => void;
};

/** Options about the source. */
export type SourceOptions = {
  /** False: it has no second factors. */
  readonly secondFactors?: boolean;
  /** Names in it that say nothing about second factors. */
  readonly harmless?: readonly string[];
};

export const off = 'is switched off there';
export const unlikeOurs = 'has not the form that recovery codes have here; new ones can be made';
export const unconfirmed = 'its owner never showed that it works';
