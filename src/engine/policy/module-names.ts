import type { Role } from '../../store/lists.ts';
import { authModules, type AuthModule } from './auth-modules.ts';

/**
 * Crossbar's names of auth modules, and ours that each stands for. `cb_ip_auth` is the login by address, which does not
 * exist here: it is stored, given back, and configures nothing.
 */
const crossbarModules = {
  cb_user_auth: ['user_auth'],
  cb_api_auth: ['apikey'],
  cb_auth: ['authtoken', 'oauth2', 'password'],
  cb_ip_auth: [],
} as const satisfies Record<string, readonly AuthModule[]>;

type CrossbarModule = keyof typeof crossbarModules;

const crossbarNames = ['cb_user_auth', 'cb_api_auth', 'cb_auth', 'cb_ip_auth'] as const;

/** The names of modules, ours first. */
export const moduleNames = [...authModules, ...crossbarNames] as const;

/** The names that a document may use. `default` stands for every module that the document does not name. */
export const documentNames = [...moduleNames, 'default'] as const;

export type DocumentName = (typeof documentNames)[number];

/**
 * The modules that a policy tells apart. Keys of services are apart from people's, because `default` does not stand for them: a
 * service cannot enroll a second factor.
 */
export type PolicyModule = AuthModule | 'service apikey';

export const policyModules: readonly PolicyModule[] = [...authModules, 'service apikey'];

/** The module of a user's login. A service has no other role. */
export function policyModule(authModule: AuthModule, roles: readonly Role[]): PolicyModule {
  const isService = roles.length > 0 && roles.every((role) => role === 'service');
  return authModule === 'apikey' && isService ? 'service apikey' : authModule;
}

/** The modules that a name stands for in a document with these names. */
export function modulesOf(name: DocumentName, all: readonly DocumentName[]): readonly PolicyModule[] {
  if (name === 'default') {
    const named = all.flatMap((other) => (other === 'default' ? [] : modulesOf(other, all)));
    return authModules.filter((module) => !named.includes(module));
  }
  const own: readonly AuthModule[] = isCrossbar(name) ? crossbarModules[name] : [name];
  return own.flatMap((module) => (module === 'apikey' ? (['apikey', 'service apikey'] as const) : [module]));
}

const isCrossbar = (name: DocumentName): name is CrossbarModule => Object.hasOwn(crossbarModules, name);
