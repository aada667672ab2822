/** Characters of the longest address, and no name is longer. */
const longestName = 254;

/** A name in the form in which names are compared: without case, compatibility variants and what nobody sees (Unicode NFKC_Casefold). */
export function comparableName(name: string): string {
  // Nothing is called that. Combining marks are put in order in a time that grows with the square of their number.
  if (name.length > longestName) return name;
  return name
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toLowerCase()
    .normalize('NFKC');
}

/** Controls, halves of surrogate pairs, line and paragraph separators, and fillers; not the selectors that many emoji end with. */
const unseen = /[\p{C}\p{Zl}\p{Zp}[\p{Default_Ignorable_Code_Point}--\p{Variation_Selector}]]/v;

/** Text that a person can read and a database can keep: no control or invisible characters, no half of a surrogate pair. */
export function isPlainText(text: string): boolean {
  return !unseen.test(text);
}

/** Whether a URL's host is this machine, so that nothing of it goes over a wire. */
export const isLoopback = (host: string) => ['localhost', '127.0.0.1', '[::1]'].includes(host);

/** What bytes say in UTF-8; undefined where they are none. */
export function utf8Of(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
