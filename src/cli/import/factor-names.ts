const pattern =
  /2_?fa|(^|_)(totp|hotp|otp|mfa|tfa|u2f|fido|webauthn|passkey|yubi|authenticator|(two|multi|second)_?factor)/;

/** Whether a field of a user is named as one that says something of a second factor, in camel case or with underscores. */
export const isNamedAsFactor = (field: string): boolean =>
  pattern.test(field.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase());

const unset = new Set(['', '0', 'false', 'f', 'no', 'n', 'off', 'none', 'null', '[]', '{}']);

/** Whether a field holds anything. What systems write for nothing differs; anything else counts as something. */
export function isSet(value: unknown): boolean {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return !unset.has(text.trim().toLowerCase());
}

/** Whether a user's own fields say that there is a second factor. */
export const saysFactor = (fields: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(fields).some(([name, value]) => isNamedAsFactor(name) && isSet(value));
