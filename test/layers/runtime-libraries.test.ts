import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { readElfNeeds } from '../../layers/elf.ts';
import { checkNativeFiles } from '../../layers/runtime-libraries.ts';

// onnxruntime-node brings its natives for every platform, so they are here on any machine.
const onnxruntime = dirname(dirname(createRequire(import.meta.url).resolve('onnxruntime-node')));
const linux = join(onnxruntime, 'bin', 'napi-v6', 'linux');
const binding = readFileSync(join(linux, 'arm64', 'onnxruntime_binding.node'));
const library = readFileSync(join(linux, 'arm64', 'libonnxruntime.so.1'));
const layer = (changes: Record<string, Uint8Array> = {}) =>
  new Map<string, Uint8Array>(
    Object.entries({ 'a/onnxruntime_binding.node': binding, 'a/libonnxruntime.so.1': library, ...changes }),
  );

/** The same file with another text of the same length in its table of strings. */
function patch(bytes: Buffer, from: string, to: string): Buffer {
  assert.equal(from.length, to.length);
  const at = bytes.indexOf(`\0${from}\0`);
  assert.notEqual(at, -1, `${from} should be in the file`);
  const patched = Buffer.from(bytes);
  patched.write(to, at + 1);
  return patched;
}

test('an arm64 library tells its machine, its libraries and the versions it needs, as readelf shows them', () => {
  const needs = readElfNeeds(binding);
  assert.equal(needs.machine, 183);
  assert.deepEqual(needs.libraries, [
    'libonnxruntime.so.1',
    'libstdc++.so.6',
    'libm.so.6',
    'libgcc_s.so.1',
    'libc.so.6',
    'ld-linux-aarch64.so.1',
  ]);
  assert.deepEqual(needs.versions.get('libc.so.6'), ['GLIBC_2.17']);
  assert.deepEqual(needs.versions.get('libonnxruntime.so.1'), ['VERS_1.30.0']);
  assert.equal(readElfNeeds(readFileSync(join(linux, 'x64', 'onnxruntime_binding.node'))).machine, 62);
});

test('natives that fit the Lambda runtime pass, with the newest versions they need', () => {
  const { natives, newest } = checkNativeFiles(layer({ 'a/index.js': Buffer.from('0') }), 'arm64');
  assert.deepEqual(natives, ['a/onnxruntime_binding.node', 'a/libonnxruntime.so.1']);
  assert.equal(newest.get('GLIBC'), '2.28');
  assert.equal(newest.get('GLIBCXX'), '3.4.22');
});

const misfits: [string, Map<string, Uint8Array>, 'arm64' | 'x86_64', RegExp][] = [
  ['a native for another machine', layer(), 'x86_64', /made for ELF machine 183; the layer is for x86_64/],
  [
    'a symbol newer than the runtime’s glibc',
    layer({ 'a/libonnxruntime.so.1': patch(library, 'GLIBC_2.28', 'GLIBC_2.35') }),
    'arm64',
    /libonnxruntime\.so\.1 needs GLIBC_2\.35 of libc\.so\.6; the Lambda runtime has GLIBC_2\.34/,
  ],
  [
    'a symbol newer than the runtime’s libstdc++',
    layer({ 'a/libonnxruntime.so.1': patch(library, 'GLIBCXX_3.4.22', 'GLIBCXX_3.4.30') }),
    'arm64',
    /needs GLIBCXX_3\.4\.30/,
  ],
  [
    'a family of symbols that the runtime does not have',
    layer({ 'a/libonnxruntime.so.1': patch(library, 'GLIBC_2.28', 'OTHER_2.28') }),
    'arm64',
    /needs OTHER_2\.28 of libc\.so\.6; the Lambda runtime has none called OTHER/,
  ],
  [
    'a library that is nowhere',
    new Map([['a/onnxruntime_binding.node', binding]]),
    'arm64',
    /needs libonnxruntime\.so\.1, which neither the layer nor the Lambda runtime has/,
  ],
  ['no native at all', new Map([['a/index.js', Buffer.from('0')]]), 'arm64', /no native file at all/],
];
for (const [what, files, architecture, message] of misfits) {
  test(`a layer is refused for ${what}`, () => {
    assert.throws(() => checkNativeFiles(files, architecture), { code: 'CONTRACT_BROKEN', message });
  });
}
