import { second } from '../../src/base/clock.ts';
import { nameOf } from '../http/catalogue.ts';
import type { TestDatabase } from '../../kit/databases.ts';
import type { Cost } from './counted.ts';
import { logins } from './logins.ts';
import { openScene, type Request, type Scene } from './scene.ts';
import { duo, secondFactors, services } from './second-factors.ts';
import { enrollments, sessions } from './sessions.ts';

export type Figure = Cost & {
  readonly section: string;
  readonly request: string;
  /** Method and path, as the table of routes has them. */
  readonly route: string;
  readonly status: number;
};

const sections: Readonly<Record<string, readonly Request[]>> = {
  Login: logins,
  'Second factor': secondFactors,
  Sessions: sessions,
  'Challenges of a service': services,
  Duo: duo,
  Enrollment: enrollments,
};

/** Every request once, by a node that has answered the same before. */
export async function measure(on: TestDatabase): Promise<readonly Figure[]> {
  await using opened = await on.open();
  await using scene = await openScene(opened.url);
  const figures: Figure[] = [];
  for (const [section, requests] of Object.entries(sections)) {
    for (const request of requests) {
      await once(scene, request);
      figures.push({ section, request: request.name, ...(await once(scene, request)) });
    }
  }
  return figures;
}

async function once(scene: Scene, { prepare }: Request): Promise<Omit<Figure, 'section' | 'request'>> {
  // Duo Web signs no more than the second: two requests in one would be the same.
  scene.server.clock.tick(second);
  const send = await prepare(scene);
  scene.counted.take();
  const { asked, route, status } = await send(scene.counted.ask);
  return { route: route ? nameOf(route) : asked, status, ...scene.counted.take() };
}
