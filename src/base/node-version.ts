/** The first Node that has everything the program uses. `engines` in package.json says the same. */
const oldest = { major: 24, minor: 7 };

/** The message for a Node that is too old; undefined if it is supported. This file imports nothing, because an old Node cannot parse the others. */
export function nodeVersionError(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return undefined;
  return `Node ${oldest.major}.${oldest.minor} or newer is required, and this is Node ${version}`;
}
