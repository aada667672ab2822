/** A text with named placeholders in braces. */
export type Template = {
  readonly subject?: string | undefined;
  readonly body: string;
};

/** A built-in text: the placeholders that it may use, and those that its body must contain. */
export type BuiltIn = Template & {
  readonly placeholders: readonly string[];
  readonly needed: readonly string[];
};

const code = { placeholders: ['code', 'service', 'minutes', 'host'], needed: ['code'] };
const actionCode = { placeholders: [...code.placeholders, 'action'], needed: ['code', 'action'] };
const notice = { placeholders: ['service', 'host', 'user', 'when'], needed: [] };
const factorNotice = { placeholders: [...notice.placeholders, 'factor'], needed: [] };

const ifNot = `If this was not you, somebody else may have access to your account: change your password at {host} now, and tell the support of {service}.`;

/** The texts that are used unless they are replaced. */
export const english = {
  sms_code: {
    ...code,
    body: '{code} is your code for {service}. It works for {minutes} minutes; only the newest code counts. Never give it to anybody.',
  },
  email_code: {
    ...code,
    subject: 'Your code for {service}',
    // The code is not at the beginning, because lock screens show the beginning.
    body: `You, or somebody else in your name, requested a code from {service}, to sign in or to confirm this address. The code is:

{code}

It works once, for {minutes} minutes; only the newest code counts. Type it at {host} and nowhere else. Never give it to anybody: {service} will not ask you for it.

If you did not ask for it, somebody may know your password: change it.`,
  },
  sms_action_code: {
    ...actionCode,
    body: '{code} is your code to approve this for {service}: "{action}". It works for {minutes} minutes and for nothing else; only the newest code counts. Never give it to anybody.',
  },
  email_action_code: {
    ...actionCode,
    subject: 'Your code for {service}',
    body: `Somebody, we hope you, is about to approve this for {service}:

{action}

If you want it, type this code on the page that asks for it:

{code}

It works once, for {minutes} minutes, and for nothing else; only the newest code counts. Never give it to anybody: nobody who works for {service} will ask you for it.

If you did not ask for it, do not type the code: somebody may know your password. Change it.`,
  },
  factor_added: {
    ...factorNotice,
    subject: 'A sign-in method was added to your account at {service}',
    body: `On {when}, the sign-in method {factor} was added to the account of {user} at {service}.\n\n${ifNot}`,
  },
  factor_removed: {
    ...factorNotice,
    subject: 'A sign-in method was removed from your account at {service}',
    body: `On {when}, the sign-in method {factor} was removed from the account of {user} at {service}.\n\n${ifNot}`,
  },
  mfa_enabled: {
    ...notice,
    subject: 'Two-step sign-in is on at {service}',
    body: `On {when}, two-step sign-in was turned on for {user} at {service}. From now on, signing in requires a second step after the password.\n\n${ifNot}`,
  },
  mfa_disabled: {
    ...notice,
    subject: 'Two-step sign-in is off at {service}',
    body: `On {when}, two-step sign-in was turned off for {user} at {service}. From now on, the password alone is enough to sign in.\n\n${ifNot}`,
  },
  password_changed: {
    ...notice,
    subject: 'Your password at {service} was changed',
    body: `On {when}, the password of {user} at {service} was changed.\n\n${ifNot}`,
  },
  profile_changed: {
    ...notice,
    subject: 'Your name, address or number at {service} was changed',
    body: `On {when}, the name, e-mail address or phone number of {user} at {service} was changed. Messages about the account may go to another address from now on.\n\n${ifNot}`,
  },
  recovery_codes_renewed: {
    ...notice,
    subject: 'New recovery codes at {service}',
    body: `On {when}, new recovery codes were created for {user} at {service}. The old ones no longer work.\n\n${ifNot}`,
  },
  recovery_code_used: {
    ...notice,
    subject: 'A recovery code was used at {service}',
    body: `On {when}, a recovery code was used to sign in as {user} at {service}. It no longer works.\n\n${ifNot}`,
  },
  notices_collected: {
    placeholders: ['service', 'host', 'changes'],
    needed: ['changes'],
    subject: 'More changes to accounts with this address at {service}',
    body: `There were too many changes at {service} to send a message about each. These are the others:\n\n{changes}\n\n${ifNot}`,
  },
} satisfies Record<string, BuiltIn>;

export type TextName = keyof typeof english;

export const textNames = Object.keys(english) as [TextName, ...TextName[]];
