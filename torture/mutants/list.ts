/** Builds in which one guard is gone. What has to find them is the experiment, so each says which rule of the checker does. */
export type Mutant = {
  readonly name: string;
  /** Below the root of the project. */
  readonly file: string;
  /** Stands there once. */
  readonly from: string;
  readonly to: string;
  /** The beginning of the rule that has to be broken. */
  readonly rule: string;
  /** The least that it takes, where that is long. */
  readonly minutes?: number;
};

export const mutants: readonly Mutant[] = [
  {
    name: 'a challenge is closed although it is closed',
    file: 'src/store/challenges.ts',
    from: ".set({ closed_at: now })\n    .where('id', '=', id)\n    .where('closed_at', 'is', null)",
    to: ".set({ closed_at: now })\n    .where('id', '=', id)",
    rule: 'I2',
  },
  {
    name: 'an authenticator moves on from any later revision',
    file: 'src/store/authenticators.ts',
    from: ".where('revision', '=', given.revision)",
    to: ".where('revision', '>=', given.revision)",
    rule: 'I2',
  },
  {
    name: 'the step of a code is not compared with the last one',
    file: 'src/factors/totp.ts',
    from: 'if (oldest <= current.lastStep)',
    to: 'if (oldest < -1)',
    rule: 'I2',
  },
  {
    name: 'the step of a code is not kept',
    file: 'src/factors/totp.ts',
    from: 'lastStep: newest',
    to: 'lastStep: Math.min(newest, Math.max(current.lastStep, 0))',
    rule: 'I2',
  },
  {
    name: 'a recovery code stays where it is',
    file: 'src/factors/recovery.ts',
    from: 'success({ state: { codes },',
    to: 'success({ state: { codes: [...state.codes] },',
    rule: 'I2',
  },
  {
    name: 'a refresh token is used although it was used',
    file: 'src/store/refresh-tokens.ts',
    from: "\n    .where('used_at', 'is', null)",
    to: '',
    rule: 'I2',
  },
  {
    name: 'a try is claimed without looking at those before it',
    file: 'src/store/throttles.ts',
    from: "where.or([where('throttles.failures', '<', free), where(sql`throttles.last_at + ${waitAfter}`, '<=', now)])",
    to: "where.or([where('throttles.failures', '<', closedAt), where(sql`throttles.last_at + ${waitAfter}`, '<=', now)])",
    rule: 'I4',
  },
  {
    name: 'a session that was ended is in force',
    file: 'src/store/sessions.ts',
    from: ".where('revoked_at', 'is', null)\n    .where('expires_at', '>', now)\n    .whereRef",
    to: ".where('expires_at', '>', now)\n    .whereRef",
    rule: 'what is over',
  },
  {
    name: 'a session of an earlier epoch is in force',
    file: 'src/store/sessions.ts',
    from: "\n    .whereRef('sessions.epoch', '=', 'users.epoch')",
    to: '',
    rule: 'what is over',
  },
  {
    name: 'a session whose second factor is old changes factors',
    file: 'src/engine/session/step-up.ts',
    from: 'now - provenAt <= stepUpLife',
    to: 'now > stepUpLife',
    rule: 'I5',
    // The second factor has to get old first.
    minutes: 1.5,
  },
  {
    name: 'a new password is set beside the old one',
    file: 'src/engine/enrollment/set-password.ts',
    from: '  await removeKinds(store, made.userId, [kind]);\n',
    to: '',
    rule: 'what was acknowledged',
  },
  {
    name: 'an enrolment is acknowledged and undone',
    file: 'src/engine/enrollment/confirm.ts',
    from: '    await resetThrottle(tx.store, user.id, proven.counted);\n',
    to: "    await tx.store.db.updateTable('authenticators').set({ status: 'pending', expires_at: tx.now }).where('id', '=', pending.id).execute();\n",
    rule: 'what was acknowledged',
  },
  {
    name: 'a success is not written down',
    file: 'src/engine/audit/log-attempt.ts',
    from: "if (await isWanted(ctx, tried, 'success'))",
    to: "if (tried.action !== 'answer' && (await isWanted(ctx, tried, 'success')))",
    rule: 'I10',
  },
];
