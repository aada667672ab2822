/** The first Node that has all that the house is made of. package.json's `engines` says the same. */
const oldest = { major: 24, minor: 7 };

/** What to tell somebody whose Node is too old; undefined when it is not. */
export function complaintAboutNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return undefined;
  return `this is Node ${version}, and ${oldest.major}.${oldest.minor} or newer is needed`;
}
