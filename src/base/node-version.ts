/** The first Node that has everything the program uses. `engines` in package.json says the same. */
const oldest = { major: 24, minor: 7 };

/** The message about a Node that is too old; undefined when it is not. Nothing is imported here: an old Node cannot read other files. */
export function complaintAboutNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return undefined;
  return `this is Node ${version}, and ${oldest.major}.${oldest.minor} or newer is needed`;
}
