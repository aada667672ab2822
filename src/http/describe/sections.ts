import type { Route } from '../route.ts';

/** A part of the reference: the routes of one tag. */
export type Section = {
  readonly tag: string;
  readonly title: string;
  readonly about: string;
  /** A dialect of another system is folded: most readers do not need it. */
  readonly isFolded?: true;
};

/** In the order of the page: the sections that most applications need come first. */
export const sections: readonly Section[] = [
  {
    tag: 'Login',
    title: 'Log in',
    about: 'A password, an API key or a device secret, and then a code if the user has a second factor.',
  },
  {
    tag: 'Sessions',
    title: 'Sessions',
    about: 'A login creates a session. It ends after an hour, unless the policy of the account sets another time.',
  },
  {
    tag: 'Challenges',
    title: 'Challenges',
    about:
      'A challenge asks one user to prove a second factor: a user of your application, or the user of a session that steps up.',
  },
  {
    tag: 'External users',
    title: 'Users of your application',
    about: 'For a service: your application keeps its users and their passwords, and keeps their second factors here.',
  },
  {
    tag: 'Step-up',
    title: 'Forward authentication',
    about: 'For nginx, Caddy and Traefik in front of an application without sessions of its own.',
  },
  { tag: 'Users', title: 'Users', about: 'Users with an account here. `me` in a path is the user of the session.' },
  {
    tag: 'Secrets',
    title: 'Secrets',
    about: 'The credentials of a user: a password, API keys, device secrets, authenticator apps.',
  },
  {
    tag: 'Self-service',
    title: 'Self-service (Deux)',
    about:
      'The routes of Deux: a user turns multi-factor authentication on and off, and logs in with a password and a code.',
    isFolded: true,
  },
  { tag: 'OAuth2', title: 'OAuth 2.0 tokens', about: 'For applications that log users in with OAuth 2.0.' },
  {
    tag: 'OAuth2 clients',
    title: 'OAuth 2.0 clients',
    about: 'For administrators: the applications that may get tokens.',
  },
  {
    tag: 'Accounts',
    title: 'Accounts (Crossbar)',
    about:
      'The routes of Kazoo Crossbar: tenants, which form a tree, and their users. `root` is the highest account. Times are Gregorian seconds, counted from the year 0.',
    isFolded: true,
  },
  {
    tag: 'Security',
    title: 'Login policy (Crossbar)',
    about:
      'What an account requires of each login method (`auth_modules`). A method has `enabled`, `token_auth_expiry_s`, ' +
      '`log_failed_attempts`, `log_successful_attempts` and `multi_factor`; that has `enabled`, `configuration_id`, `account_id`, ' +
      '`include_subaccounts` and `when_unavailable` (`"deny"` or `"allow"`). All of them are optional.',
    isFolded: true,
  },
  {
    tag: 'Providers',
    title: 'Providers (Crossbar)',
    about: 'Settings of kinds of factor, of an account or of the system.',
    isFolded: true,
  },
  {
    tag: 'Attempts',
    title: 'Audit log (Crossbar)',
    about: 'Successful and failed logins, for administrators.',
    isFolded: true,
  },
  { tag: 'Server', title: 'Server', about: 'Health, metrics, keys and documents.' },
];

/** The sections that have routes. A tag without a section of its own comes last. */
export function sectionsOf(routes: readonly Route[]): readonly (Section & { readonly routes: readonly Route[] })[] {
  const byTag = Map.groupBy(routes, ({ tag }) => tag);
  const known = new Set(sections.map(({ tag }) => tag));
  const others = [...byTag.keys()].filter((tag) => !known.has(tag)).map((tag) => ({ tag, title: tag, about: '' }));
  return [...sections, ...others].flatMap((section) => {
    const own = byTag.get(section.tag);
    return own ? [{ ...section, routes: own }] : [];
  });
}

/** The id of a section in the page. */
export const sectionId = (title: string) =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
