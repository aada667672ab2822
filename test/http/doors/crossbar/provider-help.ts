/** Duo's settings as seed 001 has them. */
export const keys = { secret_key: 's'.repeat(40), application_secret_key: 'a'.repeat(40) };

export const settings = {
  integration_key: 'DIXXXXXXXXXXXXXXXXXX',
  ...keys,
  api_hostname: 'api-00000000.duosecurity.com',
  duo_expire: 300,
  app_expire: 3600,
};

export const duo = { provider_name: 'duo', provider_type: 'multi_factor', enabled: true, settings };

export const stars = '********';
export const masked = { ...settings, secret_key: stars, application_secret_key: stars };
