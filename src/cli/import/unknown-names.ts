import { SetupError } from '../../base/fault.ts';
import { isPlainText } from '../../base/text.ts';

/** Names in a source, of models, tables, fields and attributes, that neither its reader nor the operator knows to be harmless. */
export type UnknownNames = {
  add(name: string): void;
  /** Why no user can be imported; undefined where every name is known. */
  readonly fault: () => string | undefined;
};

/** As many as are shown. */
const most = 20;

/** `harmless` is what the operator declares to say nothing about a second factor: no name that the reader knows to do so. */
export function unknownNames(harmless: readonly string[] = [], isFactor: (name: string) => boolean): UnknownNames {
  const factor = harmless.find(isFactor);
  if (factor !== undefined) throw new SetupError(`--harmless ${factor}: this is known to say who has a second factor`);
  const known = new Set(harmless);
  const unknown = new Set<string>();
  return {
    add: (name) => void (unknown.size <= most && !known.has(name) && unknown.add(name)),
    fault() {
      if (unknown.size === 0) return undefined;
      return `contains names that are not known: ${listed(unknown)}; add --harmless NAME,NAME with those that say nothing about second factors`;
    },
  };
}

/** Names of a source, as many as an operator reads, of those that are fit to be shown. */
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
