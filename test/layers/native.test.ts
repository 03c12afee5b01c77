import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isLoaded } from '../../layers/native.ts';

interface Lock {
  packages: Record<string, { version?: string; dependencies?: Record<string, string> }>;
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')) as T;
}

test('the native layer has the versions that the project is tested with, down to each dependency', () => {
  const { packages: root } = readJson<Lock>('package-lock.json');
  const { packages: layer } = readJson<Lock>('layers/native/package-lock.json');
  const wanted = readJson<{ dependencies: Record<string, string> }>(
    'layers/native/package.json',
  ).dependencies;
  for (const [name, version] of Object.entries(wanted)) {
    assert.equal(root['']?.dependencies?.[name], version, `${name} in package.json`);
  }
  for (const [path, { version }] of Object.entries(layer)) {
    if (path === '') continue;
    // Another place in the tree may hold it where something else needs another version.
    const versions = Object.keys(root).filter((place) => place === path || place.endsWith(`/${path}`));
    assert.ok(
      versions.some((place) => root[place]?.version === version),
      `${path}@${version} in package-lock.json`,
    );
  }
});

test('the layer’s lock file names no registry', () => {
  const lock = readFileSync(new URL('../../layers/native/package-lock.json', import.meta.url), 'utf8');
  assert.doesNotMatch(lock, /"resolved"/);
});

const loaded: [string, boolean][] = [
  ['sharp/dist/index.cjs', true],
  ['sharp/dist/index.mjs', false],
  ['sharp/package.json', true],
  ['sharp/src/pipeline.cc', false],
  ['sharp/LICENSE', true],
  ['@img/colour/LICENSE.md', true],
  ['@img/colour/README.md', false],
  ['@img/sharp-libvips-linux-arm64/README.md', true], // says whose licences libvips comes with
  ['@img/sharp-libvips-linux-arm64/lib/libvips-cpp.so.8.18.7', true],
  ['@img/sharp-libvips-linux-arm64/versions.json', true],
  ['onnxruntime-node/dist/index.js', true],
  ['onnxruntime-node/dist/index.js.map', false],
  ['onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1', true],
  ['onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime_providers_cuda.so', false],
  ['onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1', false],
  ['onnxruntime-node/bin/napi-v6/win32/arm64/onnxruntime.dll', false],
  ['parquet-wasm/node/parquet_wasm_bg.wasm', true],
  ['parquet-wasm/esm/parquet_wasm_bg.wasm', false],
  ['parquet-wasm/LICENSE_APACHE', true],
  ['libheif-js/libheif-wasm/libheif.js', true],
  ['libheif-js/libheif-wasm/libheif.wasm', true],
  ['libheif-js/libheif-wasm/LICENSE', true],
  ['libheif-js/libheif-wasm/libheif-bundle.js', false],
  ['libheif-js/libheif/libheif.js', false],
  ['libheif-js/wasm-bundle.js', false],
  ['adm-zip/adm-zip.js', false],
  ['.package-lock.json', false],
];
for (const [name, expected] of loaded) {
  test(`the arm64 layer ${expected ? 'keeps' : 'leaves out'} ${name}`, () => {
    assert.equal(isLoaded(name, 'arm64'), expected);
  });
}
