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
    from: ".where('id', '=', id)\n    .where('closed_at', 'is', null)",
    to: ".where('id', '=', id)",
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
    name: 'an earlier token gains the step-up of its session',
    file: 'src/engine/session/authenticate.ts',
    from: 'if (gen === session.generation) return session;',
    to: 'if (gen !== undefined) return { ...session, generation: gen };',
    rule: 'I5',
  },
  {
    name: 'a step-up leaves earlier refresh tokens',
    file: 'src/store/session-generations.ts',
    from: '.set({ ...columnsOf(proven), refresh_from: sql<number>`generation + 1` })',
    to: '.set(columnsOf(proven))',
    rule: 'ended credentials',
  },
  {
    name: 'a change leaves earlier generations of its session',
    file: 'src/store/session-generations.ts',
    from: '      generation_from: generation,\n',
    to: '',
    rule: 'ended credentials',
  },
  {
    name: 'step-ups begin one generation',
    file: 'src/store/session-generations.ts',
    from: 'generation: sql<number>`generation + 1`',
    to: 'generation: sql<number>`2`',
    rule: 'I7',
  },
  {
    name: 'a client does what its scope does not name',
    file: 'src/http/server/require-scope.ts',
    from: 'if (hasScope(session, needed)) return undefined;',
    to: "if (hasScope(session, needed) || needed === 'mfa') return undefined;",
    rule: 'I8',
  },
  {
    name: 'a refresh names more than the grant',
    file: 'src/engine/oauth/grant.ts',
    from: 'const most = granted === undefined ? scopes : scopesIn(granted).filter((one) => scopes.includes(one));',
    to: 'const most = scopes;',
    rule: 'I8',
  },
  {
    name: 'the last required factor is removed',
    file: 'src/engine/enrollment/remove.ts',
    from: "(await wouldLackRequired(tx, user, left))) return refuse('required_by_policy');",
    to: '(await wouldLackRequired(tx, user, left))) left.at(0);',
    rule: 'I9',
  },
  {
    name: 'a required factor is turned off',
    file: 'src/engine/enrollment/turn-off-mfa.ts',
    from: "if (await wouldLackRequired(tx, user)) return refuse('required_by_policy');",
    to: 'await wouldLackRequired(tx, user);',
    rule: 'I9',
  },
  {
    name: 'a disabled person logs in',
    file: 'src/store/is-active.ts',
    from: "where('users.enabled', '=', sql.lit(1))",
    to: "where('users.enabled', 'in', [0, 1])",
    rule: 'I11',
  },
  {
    name: 'the sessions of a disabled person come back',
    file: 'src/store/users.ts',
    from: 'const ended = profile.enabled === false && {',
    to: 'const ended = profile.enabled === undefined && {',
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
