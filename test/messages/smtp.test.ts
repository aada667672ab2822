import { createSmtp } from '../../src/messages/smtp.ts';
import { everyTrouble, gatewayContract } from '../contracts/gateway.ts';
import { openMailServer, smtpPassword, smtpUser } from '../../kit/stand-ins/smtp.ts';
import { email } from './help.ts';
import { readLetter } from './letters.ts';

gatewayContract({
  name: 'smtp',
  message: email,
  secrets: [smtpPassword, smtpUser, btoa(`\0${smtpUser}\0${smtpPassword}`), btoa(smtpPassword)],
  troubles: everyTrouble.filter((trouble) => trouble !== 'sends us elsewhere'),
  // smtp-server greets after 100 ms.
  haste: 300,
  async open(deadline, trouble) {
    const server = await openMailServer({ trouble });
    return {
      gateway: createSmtp({
        user: smtpUser,
        password: smtpPassword,
        from: smtpUser,
        host: '127.0.0.1',
        port: server.port,
        deadline,
      }),
      taken: () => server.letters.map(({ to, source }) => ({ to: to.join(), body: readLetter(source).body })),
      requests: server.connections,
      mend: server.mend,
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
});
