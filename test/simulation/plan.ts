/** What people and lifecycles do in one world, and when: drawn from its seed before it begins. */
import type { PhotoScope } from '../../functions/core/photo/photo-key.ts';
import type { Versioning } from './model/bucket.ts';
import { somePhoto } from './photos.ts';
import { type Random, seeded } from './random.ts';

/** One thing that somebody does. */
export type Operation = {
  /** Its place in the plan, which is also how S3 orders what it changes. */
  number: number;
  /** Milliseconds since the world began. */
  at: number;
} & (
  | { kind: 'put'; key: string; content: string; how: string }
  | { kind: 'delete' | 'expire' | 'delete row' | 'archive' | 'deny key' | 'restore'; key: string }
  /** Which of the key's versions: 0 is the newest. */
  | { kind: 'delete version' | 'expire version'; key: string; which: number }
  | { kind: 'backfill'; prefix: string }
  | { kind: 'reduce' | 'deploy' | 'batch job' }
  | { kind: 'wrong bucket'; minutes: number }
);

export interface Plan {
  world: Versioning;
  seed: number;
  operations: Operation[];
  /** photoPrefix and photoSuffix. */
  scope: PhotoScope;
  /** Most keys of a listing's page; most items of a scan's page. */
  pageKeys: number;
  pageItems: number;
  /** Milliseconds that a request takes at most, unless a fault strikes. */
  slowest: number;
  /** Whether it ends with a reduce, which takes as long as a hundred photos. */
  reduces: boolean;
  /** Milliseconds between the last event and the last backfill. */
  rest: number;
}

/** The plan of a world. */
export function makePlan(world: Versioning, seed: number): Plan {
  const random = seeded(seed, 'plan', world);
  const reduces = random.chance(0.01);
  const keys = reduces ? FEW : someKeys(random);
  const kinds = someKinds(random, world, reduces);
  // Milliseconds between two operations: often so few that they race, sometimes days.
  const [shortest, longest] = random.pick([
    [50, 1000],
    [1500, 600_000],
    [1500, 5 * DAY],
  ]);
  const length = keys.length * (2 + random.int(reduces ? 8 : 4)) + 2;
  const operations: Operation[] = [];
  let at = 0;
  for (let number = 1; number <= length; number++) {
    at += random.chance(0.6) ? random.int(shortest) : random.logUniform(100, longest);
    const before = operations.at(-1)?.kind;
    const kind = reduces && before === 'delete' && random.chance(0.7) ? 'reduce' : random.pick(kinds);
    operations.push({ number, at: Math.floor(at), ...someOperation(random, kind, random.pick(keys)) });
  }
  const isLarge = keys.length > 10;
  return {
    world,
    seed,
    operations,
    scope: random.chance(0.1) ? { prefix: 'fruits/', suffix: '.jpg' } : { prefix: '', suffix: '' },
    pageKeys: isLarge ? random.pick([7, 30, 1000]) : random.pick([1, 2, 1000]),
    pageItems: random.pick([1, 3, 100]),
    slowest: random.pick([60, 60, 3_000]),
    reduces,
    rest: random.pick([15 * 60_000, 45 * DAY]),
  };
}

/** What an operation is called in a trace. */
export function describe(operation: Operation): string {
  const { number, at, kind, ...rest } = operation;
  const details = Object.entries(rest).map(([name, value]) =>
    name === 'key' ? value : `${name} ${JSON.stringify(value)}`,
  );
  return [kind, ...details].join(' ');
}

const DAY = 24 * 3600_000;

type Keys = [string, ...string[]];

const FEW: Keys = [
  'fruits/Kiwi/0.jpg',
  'fruits/Kiwi/1.jpg',
  'loose.jpg',
  'fruits/Apple Golden 3/é+&=(1).jpg',
  'fruits/Kiwi/2.jpg',
  'z.png',
];

type Kinds = [Operation['kind'], ...Operation['kind'][]];

function someKeys(random: Random): Keys {
  if (random.chance(0.01)) {
    const many = Array.from({ length: 30 + random.int(40) }, (_, index) => `many/${index % 7}/${index}.jpg`);
    return ['many/first.jpg', ...many];
  }
  const folder = random.chance(0.05) ? ['fruits/Kiwi/'] : [];
  const [first, ...others] = FEW;
  return [first, ...others.slice(0, random.int(FEW.length)), ...folder];
}

/** What people do here, and how often: a few kinds of many, as each alone is rare. */
function someKinds(random: Random, world: Versioning, reduces: boolean): Kinds {
  const versions = ['delete version', 'delete version', 'expire version'] as const;
  const rare = ['backfill', 'delete row', 'batch job', 'deploy', 'wrong bucket', 'expire'] as const;
  return [
    'put',
    'put',
    'put',
    'delete',
    ...(world === 'versioned' ? versions : []),
    ...(random.chance(0.2) ? (['archive', 'deny key', 'restore', 'restore'] as const) : []),
    ...rare.flatMap((kind) => Array<typeof kind>(random.pick([0, 0, 0, 1, 1, 3])).fill(kind)),
    ...(reduces ? (['put', 'put', 'reduce', 'delete'] as const) : []),
  ];
}

type Deed = Operation extends infer O ? (O extends Operation ? Omit<O, 'number' | 'at'> : never) : never;

function someOperation(random: Random, kind: Operation['kind'], key: string): Deed {
  switch (kind) {
    case 'put':
      return {
        kind,
        key,
        content: somePhoto(random),
        how: random.pick(['Put', 'Put', 'Copy', 'CompleteMultipartUpload']),
      };
    case 'delete version':
    case 'expire version':
      return { kind, key, which: random.pick([0, 0, 1]) };
    case 'backfill':
      return { kind, prefix: random.pick(['', 'fruits/']) };
    case 'wrong bucket':
      return { kind, minutes: 1 + random.int(30) };
    case 'reduce':
    case 'deploy':
    case 'batch job':
      return { kind };
    default:
      return { kind, key };
  }
}
