/** `npm run cost -- --photos N --reduces-per-month M`, or `npm run cost -- --scale N,N` */
import { parseArgs } from 'node:util';
import { describeCost } from './report.ts';
import { describeScale } from './scale.ts';

const USAGE = `npm run cost -- --photos N --reduces-per-month M    (whole numbers from 1)
npm run cost -- --scale N,N                         one large reduce of each size`;

try {
  const { values } = parseArgs({
    options: {
      photos: { type: 'string' },
      'reduces-per-month': { type: 'string' },
      scale: { type: 'string' },
    },
  });
  if (values.scale !== undefined) {
    console.log(describeScale(values.scale.split(',').map((size) => wholeNumber('scale', size))));
    process.exit();
  }
  const photos = wholeNumber('photos', values.photos);
  const reducesPerMonth = wholeNumber('reduces-per-month', values['reduces-per-month']);
  console.log(describeCost({ photos, reducesPerMonth }));
} catch (error) {
  console.error(`${(error as Error).message}\n${USAGE}`);
  process.exitCode = 1;
}

function wholeNumber(name: string, text: string | undefined): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1 && value <= 1e9) return value;
  throw new Error(`--${name} should be a whole number from 1 to 1,000,000,000, is ${text ?? 'not given'}`);
}
