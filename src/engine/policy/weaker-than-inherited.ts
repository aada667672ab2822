import { namedModules, type AccountConfig } from './configuration.ts';
import { accountPolicy, mergeRules, type AccountPolicy } from './merge-policy.ts';
import type { ModuleConfig } from './configuration.ts';

/**
 * The path of the first member by which an account would loosen what those above it require, as its document names it;
 * undefined if there is none. Merging ignores such a member, so a document of before the ancestor's loosens nothing.
 */
export function weakerThanInherited(
  above: readonly AccountConfig[],
  { accountId, document, rules }: AccountConfig,
): readonly string[] | undefined {
  for (const [name, modules] of namedModules(document)) {
    for (const module of modules) {
      const weaker = weakerMember(document[name] ?? {}, accountPolicy(module, accountId, above));
      if (weaker) return ['auth_modules', name, ...weaker];
    }
  }
  return rules.email_is_aal2 === true && mergeRules(above).email_is_aal2 === false ? ['email_is_aal2'] : undefined;
}

function weakerMember(own: ModuleConfig, { enabled, required }: AccountPolicy): readonly string[] | undefined {
  if (own.enabled === true && !enabled) return ['enabled'];
  if (!required) return undefined;
  const { enabled: requires, when_unavailable: whenUnavailable } = own.multi_factor ?? {};
  if (requires === false) return ['multi_factor', 'enabled'];
  return whenUnavailable === 'allow' && required.whenUnavailable === 'deny'
    ? ['multi_factor', 'when_unavailable']
    : undefined;
}
