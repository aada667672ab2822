import { SetupError } from '../../base/fault.ts';
import { newUserProfile } from '../../engine/directory/profile.ts';
import { ensureService, makeServiceKey } from '../../engine/operations.ts';
import { granted, withCountersign, type UserOptions } from '../user/with-countersign.ts';

export async function addService(name: string, { account }: UserOptions): Promise<void> {
  const read = newUserProfile.pick({ name: true }).safeParse({ name });
  if (!read.success) throw new SetupError(`name: ${read.error.issues.map(({ message }) => message).join('; ')}`);
  await withCountersign(async (ctx) => {
    const service = granted(await ensureService(ctx, { ...read.data, account }), name);
    const key = granted(await makeServiceKey(ctx, service), name);
    process.stdout.write(
      `the service ${service.name} has the id ${service.id}\nits key is ${key} (it is not shown again)\n`,
    );
  });
}
