import type { NewUser } from '../../../src/engine/directory/create-user.ts';
import type { TestEngine } from '../../../kit/test-engine.ts';

export const input = (name: string, more: Partial<NewUser> = {}): NewUser => ({
  name,
  email: null,
  phone: null,
  firstName: null,
  lastName: null,
  roles: ['user'],
  ...more,
});

export const password = 'a good password';

export const addAdmin = (engine: TestEngine, account?: string) =>
  engine.addPerson('admin', { roles: ['admin'], ...(account !== undefined && { account }) });
