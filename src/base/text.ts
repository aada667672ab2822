/** The longest e-mail address, and the longest name that is accepted. */
const maxNameLength = 254;

/**
 * A name in the form used to compare names: without case, compatibility variants and invisible characters (Unicode
 * NFKC_Casefold).
 */
export function comparableName(name: string): string {
  // No stored name is longer. Normalizing takes quadratic time in the number of combining marks.
  if (name.length > maxNameLength) return name;
  return name
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toLowerCase()
    .normalize('NFKC');
}

/**
 * Control characters, unpaired surrogates, line and paragraph separators, and ignorable characters other than variation
 * selectors (emoji).
 */
const invisible = /[\p{C}\p{Zl}\p{Zp}[\p{Default_Ignorable_Code_Point}--\p{Variation_Selector}]]/v;

/** Whether a text has no control characters, invisible characters or unpaired surrogates. */
export function isPlainText(text: string): boolean {
  return !invisible.test(text);
}

/** Decodes UTF-8; undefined if the bytes are invalid. */
export function utf8Of(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A text that a client sent, cut for a message to it. */
export const shortened = (text: string): string => (text.length <= 64 ? text : `${text.slice(0, 63).toWellFormed()}…`);
