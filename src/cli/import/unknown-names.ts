import { SetupError } from '../../base/fault.ts';
import { isPlainText } from '../../base/text.ts';

/** Names of models, tables, fields and attributes in a source that neither its reader nor the operator declares harmless. */
export type UnknownNames = {
  add(name: string): void;
  /** The reason why no user can be imported; undefined if every name is known. */
  readonly fault: () => string | undefined;
};

/** The number of names that are shown. */
const most = 20;

/** `harmless`: names that the operator declares irrelevant to second factors. A name that the reader knows as relevant is refused. */
export function unknownNames(harmless: readonly string[] = [], isFactor: (name: string) => boolean): UnknownNames {
  const factor = harmless.find(isFactor);
  if (factor !== undefined)
    throw new SetupError(`--harmless ${factor}: this name is known to belong to second factors`);
  const known = new Set(harmless);
  const unknown = new Set<string>();
  return {
    add: (name) => void (unknown.size <= most && !known.has(name) && unknown.add(name)),
    fault() {
      if (unknown.size === 0) return undefined;
      return `contains unknown names: ${listed(unknown)}; check them, and add --harmless NAME,NAME for those that are irrelevant to second factors`;
    },
  };
}

/** A short list of those names that may be shown. */
export function listed(names: Iterable<string>): string {
  const all = [...names];
  const shown = all
    .filter((name) => name.length <= 128 && isPlainText(name))
    .toSorted()
    .slice(0, most);
  return [...shown, ...(shown.length < all.length ? ['and others'] : [])].join(', ');
}

/** Whether a field has no value. False and 0 are values: `otp_disabled: false` says that there is a second factor. */
export function isEmpty(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() === '';
  return typeof value === 'object' ? Object.values(value ?? {}).every(isEmpty) : value === undefined;
}
