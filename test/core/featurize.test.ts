import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { TOMBSTONE_SECONDS } from '../../functions/core/ordering.ts';
import { labelOf } from '../../functions/core/photo/photo-key.ts';
import { emptyStores, GREEN, KEY, RED } from './featurize-fixture.ts';

let { photos, features, clock, ports, created, removed, colourOf } = emptyStores();

beforeEach(() => {
  ({ photos, features, clock, ports, created, removed, colourOf } = emptyStores());
});

describe('featurizing a photo', () => {
  test('stores its features, label, model, size and time', async () => {
    const etag = photos.put(KEY, RED);
    const outcome = await created(etag, '0A');

    assert.equal(outcome.status, 'featurized');
    assert.deepEqual(Object.keys(outcome.milliseconds), ['read', 'decode', 'inference', 'store']);
    assert.deepEqual(features.items.get(KEY), {
      kind: 'featurized',
      key: KEY,
      etag,
      sequencer: '0A'.padEnd(40, '0'),
      label: 'Apple Golden 3',
      model: 'mean-colour@000000000000',
      features: Float32Array.of(255, 0, 0),
      width: 8,
      height: 6,
      bytes: RED.byteLength,
      featurizedAt: '2026-01-02T03:04:05.000Z',
    });
  });

  test('records why a photo cannot be used instead of failing', async () => {
    const etag = photos.put(KEY, Buffer.from('not a photo'));
    const outcome = await created(etag, '0A');

    assert.equal(outcome.status, 'refused');
    const item = features.items.get(KEY);
    assert.equal(item?.kind === 'refused' && item.refused, 'unsupported-format');
    assert.ok(item?.kind === 'refused' && item.detail.length > 10);
    assert.equal(item?.kind === 'refused' && item.label, 'Apple Golden 3');
  });

  test('leaves the label out where the photo lies in no folder', async () => {
    await created(photos.put('1.png', RED), '0A', '1.png');
    assert.ok(!('label' in features.items.get('1.png')!));
  });

  test('counts a resize before the model as inference', async () => {
    ports.session = { ...ports.session, resize: (pixels) => pixels };
    const { milliseconds } = await created(photos.put(KEY, RED), '0A');
    assert.deepEqual(Object.keys(milliseconds), ['read', 'decode', 'inference', 'store']);
  });

  test('refuses what a lowered limit no longer lets in, though its features are stored', async () => {
    const etag = photos.put(KEY, RED);
    await created(etag, '0A');
    ports.limits.maxPixels = 10;
    assert.equal((await created(etag, '0B')).status, 'refused');
    assert.equal(colourOf(), 'refused');
  });

  test('fails when a store is away, so that the platform retries', async () => {
    const etag = photos.put(KEY, RED);
    ports.features.put = async () => {
      throw new Error('the table is away');
    };
    await assert.rejects(created(etag, '0A'), /the table is away/);
  });
});

describe('the order of events', () => {
  test('the same bytes uploaded again take the newer sequencer, or an erasure in between would win', async () => {
    const etag = photos.put(KEY, RED);
    await created(etag, '0A');
    assert.equal((await created(etag, '0C')).status, 'featurized');
    assert.equal(await removed('0B'), 'stale');
    assert.deepEqual(colourOf(), [255, 0, 0]);
  });

  test('a duplicate event changes nothing', async () => {
    const etag = photos.put(KEY, RED);
    await created(etag, '0A');
    clock.time += 1000;
    const again = await created(etag, '0A');
    assert.equal(again.status, 'stale');
    const item = features.items.get(KEY);
    assert.equal(item?.kind === 'featurized' && item.featurizedAt, '2026-01-02T03:04:05.000Z');
  });

  test('an overwritten photo gives the features of the newest version, whichever event comes first', async () => {
    const old = photos.put(KEY, RED);
    const current = photos.put(KEY, GREEN);
    assert.equal((await created(current, '0B')).status, 'featurized');
    assert.equal((await created(old, '0A')).status, 'superseded');
    assert.deepEqual(colourOf(), [0, 255, 0]);
  });

  test('an older event that read its bytes in time does not overwrite a newer one', async () => {
    const etag = photos.put(KEY, RED);
    await created(etag, '0B');
    photos.put(KEY, GREEN);
    const greenEtag = photos.objects.get(KEY)?.etag ?? '';
    assert.equal((await created(greenEtag, '0A')).status, 'stale');
    assert.deepEqual(colourOf(), [255, 0, 0]);
  });

  test('sequencers of different lengths compare as if padded with zeros', async () => {
    const etag = photos.put(KEY, RED);
    await created(etag, '0055AED6DCD90281E5');
    assert.equal(await removed('0055AED6DCD90281E4FF'), 'stale');
    assert.equal(await removed('0055AED6DCD90281E501'), 'erased');
  });

  test('a late ObjectCreated never revives an erased photo', async () => {
    const etag = photos.put(KEY, RED);
    await removed('0B');
    assert.equal((await created(etag, '0A')).status, 'stale');
    assert.deepEqual(features.items.get(KEY), {
      kind: 'erased',
      key: KEY,
      sequencer: '0B'.padEnd(40, '0'),
      expiresAt: Date.UTC(2026, 0, 2, 3, 4, 5) / 1000 + TOMBSTONE_SECONDS,
    });
  });

  test('a photo uploaded again after its erasure is featurized', async () => {
    await removed('0B');
    const etag = photos.put(KEY, GREEN);
    assert.equal((await created(etag, '0C')).status, 'featurized');
    assert.deepEqual(colourOf(), [0, 255, 0]);
  });

  test('a late ObjectRemoved does not erase a newer upload', async () => {
    const etag = photos.put(KEY, RED);
    await created(etag, '0C');
    assert.equal(await removed('0B'), 'stale');
    assert.deepEqual(colourOf(), [255, 0, 0]);
  });

  test('deleting one version erases the photo only when no other is left', async () => {
    const etag = photos.put(KEY, RED);
    await created(etag, '0A');
    assert.equal(await removed('0B', true), 'kept');
    assert.deepEqual(colourOf(), [255, 0, 0]);
    photos.objects.delete(KEY);
    assert.equal(await removed('0C', true), 'erased');
    assert.equal(colourOf(), 'erased');
  });

  test('a photo that is gone when its event arrives is no error and stores nothing', async () => {
    assert.equal((await created('no-such-etag', '0A')).status, 'superseded');
    assert.equal(features.items.size, 0);
  });
});

test('the label is the parent folder, and absent where there is none', () => {
  assert.equal(labelOf('fruits/Apple Golden 3/12_100.jpg'), 'Apple Golden 3');
  assert.equal(labelOf('Kiwi/1.jpg'), 'Kiwi');
  assert.equal(labelOf('1.jpg'), undefined);
  assert.equal(labelOf('/1.jpg'), undefined);
});
