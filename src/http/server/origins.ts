import type { Problem, Reply } from '../route.ts';

/** A request as a browser describes it: `route` is the path of its route in the table. */
export type BrowserRequest = { readonly method: string; readonly route: string; readonly headers: Headers };

/** The routes that pages of listed origins may use; routes that read a cookie are not among them. */
const open = ['/mfa', '/users', '/auth', '/v2', '/challenges', '/sessions', '/oauth2/revoke'];

/** Public keys, for pages of every origin. */
const publicKeys = '/.well-known/jwks.json';

/** Routes that pages of other origins load. They change nothing and show nothing of a user. */
const exempt: readonly string[] = ['/forward-auth', '/docs/style.css', publicKeys];

/** Browsers resend HTTP Basic credentials by themselves, so a link on another site could log the user in. */
const noNavigationPath = '/auth/password';

const exposed = {
  'Access-Control-Expose-Headers': 'WWW-Authenticate, Retry-After, X-Request-Id, X-Known-Device, Location',
};

const preflight = {
  'Access-Control-Allow-Methods': 'GET, POST, PUT, PATCH, DELETE',
  'Access-Control-Allow-Headers':
    'Authorization, Content-Type, X-Auth-Token, If-Match, X-Known-Device, X-Requested-With, Cache-Control, X-Kazoo-Cluster-ID',
  'Access-Control-Max-Age': '600',
};

/**
 * For a request that a page of an unlisted origin makes. A browser sends it from the user's network and with some of the
 * user's credentials.
 */
export const originNotAllowed: Problem = {
  status: 403,
  code: 'origin_not_allowed',
  detail: 'Pages of this origin may not make this request. The operator can list it in COUNTERSIGN_CORS_ORIGINS.',
};

/** The rules for pages of other origins. `listed`: exact origins, or `*` for all. */
export function originRules(listed: readonly string[]) {
  const isListed = (origin: string | null): origin is string =>
    origin !== null && origin !== 'null' && (listed.includes(origin) || listed.includes('*'));
  const allowedOrigin = ({ route, headers }: BrowserRequest): string | undefined => {
    if (route === publicKeys) return '*';
    const origin = headers.get('origin');
    return isListed(origin) && open.some((path) => isAtOrBelow(route, path)) ? origin : undefined;
  };
  return {
    /**
     * Whether Fetch Metadata shows that a page of an unlisted origin made the request. Links and exempt routes are not
     * refused.
     */
    refuses(request: BrowserRequest): boolean {
      const { route, headers } = request;
      if (!isCrossOrigin(headers.get('sec-fetch-site')) || exempt.includes(route)) return false;
      return !isNavigation(request) && !isListed(headers.get('origin'));
    },
    /** The response to a CORS preflight request; undefined for other requests. */
    preflight(request: BrowserRequest): Reply | undefined {
      const { method, headers } = request;
      if (method !== 'OPTIONS' || !headers.has('access-control-request-method')) return undefined;
      return allowedOrigin(request) === undefined ? undefined : { status: 204, headers: preflight };
    },
    /** Lets the page read the answer, if it may. */
    share(reply: Reply, request: BrowserRequest): Reply {
      const allowed = allowedOrigin(request);
      if (listed.length === 0 && allowed === undefined) return reply;
      const vary = [reply.headers?.['Vary'], 'Origin'].filter((name) => name !== undefined).join(', ');
      const shared = allowed !== undefined && {
        'Access-Control-Allow-Origin': allowed,
        'Cross-Origin-Resource-Policy': 'cross-origin',
        ...exposed,
      };
      return { ...reply, headers: { ...reply.headers, Vary: vary, ...shared } };
    },
  };
}

/** Whether a browser asks for a page: it names HTML in `Accept`. */
export const wantsPage = (headers: Headers) => /\btext\/html\b/i.test(headers.get('accept') ?? '');

/**
 * `same-origin` is a page of this server, `none` a request that the user started. Anything else comes from another
 * origin. Clients that are not browsers do not send the header.
 */
const isCrossOrigin = (site: string | null) => site !== null && site !== 'same-origin' && site !== 'none';

/** A link or an address that the user follows. The page with the link does not see the answer. */
const isNavigation = ({ method, route, headers }: BrowserRequest) =>
  method === 'GET' && headers.get('sec-fetch-mode') === 'navigate' && route !== noNavigationPath;

const isAtOrBelow = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);
