/**
 * Puts source lines into stack traces of Lambda: reads a trace, or a log that holds traces, and prints it with
 * `functions/core/erase.ts:25:3` where it said `/var/task/build/functions/erase.js:3:14159`.
 *
 * The source maps are those that `npm run package` wrote beside the packages; the same commit gives the same maps.
 *
 *   node ops/source-lines.mjs [MAPS] < trace.txt      MAPS: build/package/functions
 */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const [folder = fileURLToPath(new URL('../build/package/functions', import.meta.url))] =
  process.argv.slice(2);
const PLACE = /(?:file:\/\/)?\/var\/task\/build\/functions\/(\w+)\.js:(\d+):(\d+)/g;
const maps = new Map();

process.stdout.write((await text(process.stdin)).replace(PLACE, sourceLine));

/** @param place as in the trace; kept where the map does not know it */
function sourceLine(place, name, line, column) {
  const { fileName, lineNumber, columnNumber } = mapOf(name).findOrigin(Number(line), Number(column));
  if (fileName === undefined) return place;
  return `${fileName.replace(/^(\.\.\/)+/, '')}:${lineNumber}:${columnNumber}`;
}

function mapOf(name) {
  const map = maps.get(name) ?? readMap(join(folder, `${name}.js.map`));
  maps.set(name, map);
  return map;
}

function readMap(path) {
  try {
    return new SourceMap(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    console.error(`source map ${path} cannot be read (npm run package makes it): ${error.message}`);
    process.exit(1);
  }
}
