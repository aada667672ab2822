/** Builds without one guard. The experiment has to find each, so each names the checker's rule that does. */
export type Mutant = {
  readonly name: string;
  /** Path from the root of the project. */
  readonly file: string;
  /** Appears once in the file. */
  readonly from: string;
  readonly to: string;
  /** The beginning of the rule that the mutant breaks. */
  readonly rule: string;
  /** The least duration, where the default is too short. */
  readonly minutes?: number;
};

export const mutants: readonly Mutant[] = [
  {
    name: 'a closed challenge is closed again',
    file: 'src/store/challenges.ts',
    from: ".set({ closed_at: now })\n    .where('id', '=', id)\n    .where('closed_at', 'is', null)",
    to: ".set({ closed_at: now })\n    .where('id', '=', id)",
    rule: 'I2',
  },
  {
    name: 'an authenticator is updated from any later revision',
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
    name: 'the step of a code is not stored',
    file: 'src/factors/totp.ts',
    from: 'lastStep: newest',
    to: 'lastStep: Math.min(newest, Math.max(current.lastStep, 0))',
    rule: 'I2',
  },
  {
    name: 'a used recovery code is not removed',
    file: 'src/factors/recovery.ts',
    from: 'success({ state: { codes },',
    to: 'success({ state: { codes: [...state.codes] },',
    rule: 'I2',
  },
  {
    name: 'a used refresh token is accepted',
    file: 'src/store/refresh-tokens.ts',
    from: "\n    .where('used_at', 'is', null)",
    to: '',
    rule: 'I2',
  },
  {
    name: 'an assertion is redeemed again',
    file: 'src/engine/challenge/redeem-assertion.ts',
    from: "if (!(await spendReply(ctx.store, { providerId, id, until }))) return refuse('already_redeemed');",
    to: 'await spendReply(ctx.store, { providerId, id, until });',
    rule: 'I2',
  },
  {
    name: 'a code of one challenge answers another',
    file: 'src/engine/proof/verify-response.ts',
    from: "return kind === 'service' || kind === 'step_up' ? { purpose: kind, challengeId, action } : forLogin.binding;",
    to: "return action === challengeId ? { purpose: 'step_up', challengeId, action } : forLogin.binding;",
    rule: 'I6',
    // One user in five gets codes by e-mail.
    minutes: 2,
  },
  {
    name: 'an attempt is claimed without a limit',
    file: 'src/store/throttles.ts',
    from: "where('throttles.failures', '<', failuresWithoutDelay),",
    to: "where('throttles.failures', '<', lockedAt),",
    rule: 'I4',
  },
  {
    name: 'an ended session is valid',
    file: 'src/store/sessions.ts',
    from: ".where('revoked_at', 'is', null)\n    .where('expires_at', '>', now)\n    .whereRef",
    to: ".where('expires_at', '>', now)\n    .whereRef",
    rule: 'ended credentials',
  },
  {
    name: 'a session of an earlier epoch is valid',
    file: 'src/store/sessions.ts',
    from: "\n    .whereRef('sessions.epoch', '=', 'users.epoch')",
    to: '',
    rule: 'ended credentials',
  },
  {
    name: 'a session whose second factor is old changes factors',
    file: 'src/engine/proof/fresh-proof.ts',
    from: 'now - provenAt <= stepUpLife',
    to: 'now > stepUpLife',
    rule: 'I5',
    // The second factor has to age first.
    minutes: 1.5,
  },
  {
    name: 'the old password stays valid',
    file: 'src/engine/enrollment/set-password.ts',
    from: '  await removeKinds(store, made.userId, [kind]);\n',
    to: '',
    rule: 'acknowledged changes',
  },
  {
    name: 'an enrollment is acknowledged and undone',
    file: 'src/engine/enrollment/confirm.ts',
    from: '    await resetThrottle(tx.store, user.id, proven.counted);\n',
    to: "    await tx.store.db.updateTable('authenticators').set({ status: 'pending', expires_at: tx.now }).where('id', '=', pending.id).execute();\n",
    rule: 'acknowledged changes',
  },
  {
    name: 'a success is not logged',
    file: 'src/engine/audit/log-attempt.ts',
    from: "if (await shouldLog(ctx, facts, 'success'))",
    to: "if (facts.action !== 'answer' && (await shouldLog(ctx, facts, 'success')))",
    rule: 'I10',
  },
];
