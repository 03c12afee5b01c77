import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidRequest } from '../../../functions/core/errors.ts';
import { parsePcaOptions } from '../../../functions/core/pca/pca-options.ts';

const DEFAULTS = { components: 64, standardize: true, projection: 'centered' };

const ALLOWED: [input: unknown, changed: object][] = [
  [undefined, {}],
  [null, {}],
  [{}, {}],
  [{ components: undefined, standardize: undefined, projection: undefined }, {}],
  [{ components: 1 }, { components: 1 }],
  [{ components: 1280 }, { components: 1280 }],
  [{ components: 0.95 }, { components: 0.95 }],
  [{ components: 'elbow' }, { components: 'elbow' }],
  [{ components: 'all' }, { components: 'all' }],
  [{ standardize: false }, { standardize: false }],
  [{ standardize: true }, {}],
  [{ projection: 'spark' }, { projection: 'spark' }],
  [{ projection: 'centered' }, {}],
];

for (const [input, changed] of ALLOWED) {
  test(`${JSON.stringify(input)} is allowed`, () => {
    assert.deepEqual(parsePcaOptions(input), { ...DEFAULTS, ...changed });
  });
}

const REFUSED: [input: unknown, message: RegExp][] = [
  [{ components: 0 }, /^components is 0; allowed: a whole number of at least 1, a share/],
  [{ components: -3 }, /^components is -3;/],
  [{ components: 1.5 }, /^components is 1.5;/],
  [{ components: Number.NaN }, /^components is NaN;/],
  [{ components: Number.POSITIVE_INFINITY }, /^components is Infinity;/],
  [{ components: '64' }, /^components is "64";/],
  [{ components: 'Elbow' }, /^components is "Elbow";/],
  [{ components: null }, /^components is null;/],
  [{ components: [64] }, /^components is \[64\];/],
  [{ components: 'x'.repeat(1000) }, /^components is "x{99}…; allowed/],
  [{ components: 10n }, /^components is 10;/],
  [{ standardize: 'false' }, /^standardize is "false"; allowed: true or false/],
  [{ standardize: 0 }, /^standardize is 0;/],
  [{ projection: 'none' }, /^projection is "none"; allowed: "centered" or "spark"/],
  [{ projection: true }, /^projection is true;/],
  [{ component: 3 }, /^"component" is not an option; the options are components, standardize, projection$/],
  [{ toString: 3 }, /^"toString" is not an option/],
  [[], /^the request is \[\]; allowed: a JSON object/],
  ['elbow', /^the request is "elbow"/],
  [64, /^the request is 64/],
];

for (const [input, message] of REFUSED) {
  test(`refused: ${message.source.slice(1, 40)}`, () => {
    assert.throws(
      () => parsePcaOptions(input),
      (error) => {
        assert.ok(error instanceof InvalidRequest);
        assert.match(error.message, message);
        return true;
      },
    );
  });
}
