/**
 * All operations of the engine. Each takes the context of its request, its caller and its input, and returns an
 * outcome, which the HTTP routes translate. `login/answer-login.ts` shows the steps of a typical one: count the attempt,
 * verify, write the result, log it.
 */

/** Users: created by an administrator, or by themselves if registration is open. */
export { browseUsers, ownProfile, reachUser } from './directory/reach-user.ts';
export { changeProfile, removeUser } from './directory/change-user.ts';
export { createUser } from './directory/create-user.ts';

/** The first factor: returns a session, or a challenge if policy requires a second factor. */
export { login } from './login/login.ts';

/** Both factors in one request, for APIs without a state between requests. */
export { loginWithBothFactors } from './login/login-with-both-factors.ts';

/** The response to a challenge of a login: returns a session. */
export { answerLogin } from './login/answer-login.ts';
export { sendCode } from './proof/send-code.ts';

/** Challenges outside logins: a service or a session (to step up) asks a user to prove a second factor. */
export { authenticateChallengeActor } from './challenge/challenge-actor.ts';
export { reachChallenge, reachFactor } from './challenge/reach-challenge.ts';
export { createChallenge } from './challenge/create-challenge.ts';
export { answerChallenge } from './challenge/answer-challenge.ts';
export { redeemAssertion } from './challenge/redeem-assertion.ts';

/**
 * Services: applications that check the first factor of their own users. They create these users and manage their
 * factors.
 */
export { ensureService, makeServiceKey } from './directory/make-service.ts';
export { manageExternalUser, reachExternalUser } from './directory/manage-external-user.ts';
export { putExternalUser, removeExternalUser } from './directory/put-external-user.ts';

/** Sessions: authentication of the caller, listing, logout, and the sessions of users whom the caller administers. */
export { authenticate } from './session/authenticate.ts';
export { endOtherSessions, endSession, listSessions } from './session/list-sessions.ts';
export { endSessionsOf } from './directory/end-sessions.ts';

/** Authenticators: listing, enrollment, confirmation and removal. */
export { browseAuthenticators, browseAuthenticatorsFor } from './directory/reach-user.ts';
export { secondFactors } from './policy/second-factors.ts';
export { hintOf } from './proof/send-code.ts';
export { enroll } from './enrollment/enroll.ts';
export { makeKey } from './enrollment/make-key.ts';
export { confirm } from './enrollment/confirm.ts';
export { authenticateEnrollmentActor } from './session/enrollment-actor.ts';
export { remove } from './enrollment/remove.ts';
export { turnOffMfa } from './enrollment/turn-off-mfa.ts';

/** Passwords and recovery codes: replaced by new ones. */
export { setPassword } from './enrollment/set-password.ts';
export { codesLeft, renewBackupCode, renewRecoveryCodes } from './enrollment/recovery-codes.ts';

/** OAuth2: clients, the password and refresh grants, introspection and revocation. */
export { browseClients, managedAccount, proveClient, reachClient } from './oauth/reach-client.ts';
export { changeClient, makeClient, removeClient } from './oauth/change-client.ts';
export { grantTokens } from './oauth/grant.ts';
export { introspect } from './oauth/introspect.ts';
export { passwordGrant } from './oauth/password-grant.ts';
export { refresh } from './oauth/refresh-grant.ts';
export { revoke } from './oauth/revoke.ts';

/** Accounts: the tree, users, security configuration and audit log of an administrator's accounts. */
export { browseAbove, browseBelow, reachAccount, accountOf } from './directory/reach-account.ts';
export { changeAccount, makeAccount, removeAccount } from './directory/change-account.ts';
export { moveAccount } from './directory/move-account.ts';
export { browseUsersOf, makeUserOf, reachUserOf, changeUserOf } from './directory/account-users.ts';
export { explain } from './policy/explain.ts';
export { namesIn } from './policy/named-providers.ts';
export { accountsWithOpenModules } from './policy/open-modules.ts';
export { accountsWithoutProvider, modulesWithoutProvider } from './policy/unmet-rules.ts';
export { readSecurity } from './policy/read-security.ts';
export { writeSecurityOf } from './directory/write-security.ts';
export { previewSecurity } from './policy/preview.ts';
export { browseAttempts, findAttemptOf } from './audit/browse-attempts.ts';

/** Providers: the second factors that an account or the system configures. */
export { browseProviders, reachProvider, reachSystem, showProvider } from './directory/reach-provider.ts';
export { makeProvider, patchProvider, removeProvider, replaceProvider } from './directory/change-provider.ts';

/**
 * For the operator: the first start, help for locked-out users, imports, the whole audit log, key rotation, and
 * periodic jobs.
 */
export { prepareRoot } from './operator/prepare-root.ts';
export { addClient, clientsOf, dropClient } from './operator/manage-clients.ts';
export { addUser } from './operator/add-user.ts';
export { systemDefault } from './policy/required-provider.ts';
export { administratorsWithoutMfa } from './policy/second-factors.ts';
export { disableMfa } from './operator/disable-mfa.ts';
export { findNamed } from './operator/find-user.ts';
export { overridePassword } from './operator/override-password.ts';
export { unlock } from './operator/unlock.ts';
export { removePolicy } from './operator/remove-policy.ts';
export { findExistingUsers, findTargetAccount, importUsers, judgeSourceUser } from './operator/import-users.ts';
export { findLog, readAttempts } from './audit/read-log.ts';
export { verifyStrayRows } from './audit/verify-stray-rows.ts';
export { verifyChains } from './audit/verify-chains.ts';
export { pruneAttempts } from './audit/prune-attempts.ts';
export { countToReseal, reseal } from './upkeep/reseal.ts';
export { usesOf } from './upkeep/key-use.ts';
export { voidRestoredSessions } from './operator/restore.ts';
export { deleteExpired } from './upkeep/delete-expired.ts';
export { sendNotices } from './upkeep/send-notices.ts';
