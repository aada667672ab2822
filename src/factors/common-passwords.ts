/** The passwords that people choose most (SP 800-63B-4 section 3.1.1.2 asks for such a list), compared without case. */
let common: Promise<ReadonlySet<string>> | undefined;

export async function isCommonPassword(secret: string): Promise<boolean> {
  common ??= load();
  return (await common).has(secret.toLowerCase());
}

/** Some megabytes and tens of milliseconds, which a start need not wait for. */
async function load(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common']);
}
