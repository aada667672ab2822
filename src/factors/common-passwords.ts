/** The most common passwords: SP 800-63B-4 section 3.1.1.2 requires such a blocklist. Case is ignored. */
let common: Promise<ReadonlySet<string>> | undefined;

export async function isCommonPassword(secret: string): Promise<boolean> {
  common ??= load();
  return (await common).has(secret.toLowerCase());
}

/** The list takes some megabytes and tens of milliseconds, so it is loaded at first use and not at startup. */
async function load(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common']);
}
