/** The newest version of the table, out of its log. */
import { ContractBroken } from '../../errors.ts';
import type { TableStore } from '../../ports.ts';
import {
  checkpointKey,
  commitKey,
  decodeCommit,
  LAST_CHECKPOINT,
  LOG_FOLDER,
  type LogFile,
  type Protocol,
  parseLogKey,
  READER_VERSION,
  WRITER_VERSION,
} from './actions.ts';
import { decodeCheckpoint } from './checkpoint.ts';
import { apply, emptyState, type TableState } from './state.ts';

/**
 * Reads the newest version: the last checkpoint, and every commit since, whoever made them.
 *
 * @throws ContractBroken where a commit is missing, or the log is of a later protocol
 */
export async function readState(table: TableStore): Promise<TableState> {
  const state = emptyState();
  const files = await listNewest(table);
  state.checkpoint = Math.max(
    -1,
    ...files.filter(({ kind }) => kind === 'checkpoint').map(({ version }) => version),
  );
  if (state.checkpoint >= 0) {
    const actions = await decodeCheckpoint(await readWhole(table, checkpointKey(state.checkpoint)));
    apply(state, state.checkpoint, actions);
  }
  const commits = files.filter(({ kind, version }) => kind === 'commit' && version > state.checkpoint);
  for (const { version } of commits) {
    if (version !== state.version + 1) throw missing(table, commitKey(state.version + 1));
    apply(state, version, decodeCommit(await readWhole(table, commitKey(version))));
  }
  requireProtocol(table, state.protocol);
  return state;
}

/** The files of the log in order, from its last checkpoint on, or all where that is not known. */
async function listNewest(table: TableStore) {
  const hint = await readHint(table);
  const files = await list(table, hint === undefined ? undefined : commitKey(hint).replace(/json$/, ''));
  if (hint === undefined || files.some(({ kind }) => kind === 'checkpoint')) return files;
  return await list(table);
}

async function list(table: TableStore, after?: string) {
  const files: LogFile[] = [];
  for await (const page of table.list(LOG_FOLDER, after)) {
    for (const { key } of page) files.push(...parseLogKey(key));
  }
  return files;
}

async function readHint(table: TableStore): Promise<number | undefined> {
  const bytes = await table.read(LAST_CHECKPOINT);
  if (!bytes) return undefined;
  try {
    const { version } = JSON.parse(new TextDecoder().decode(bytes)) as { version: unknown };
    return Number.isSafeInteger(version) ? (version as number) : undefined;
  } catch {
    return undefined; // it is only a hint
  }
}

async function readWhole(table: TableStore, key: string): Promise<Uint8Array> {
  const bytes = await table.read(key);
  if (!bytes) throw missing(table, key);
  return bytes;
}

function missing({ collection = '' }: TableStore, key: string): ContractBroken {
  return new ContractBroken(
    `${collection}${key} is missing: remove the folder ${collection}${LOG_FOLDER}, and the next reduce begins it again`,
  );
}

/** Somebody may have given the table a feature that its writers have to know. */
function requireProtocol({ collection = '' }: TableStore, protocol: Protocol | undefined): void {
  const { minReaderVersion = 0, minWriterVersion = 0 } = protocol ?? {};
  if (minReaderVersion <= READER_VERSION && minWriterVersion <= WRITER_VERSION) return;
  throw new ContractBroken(
    `${collection}${LOG_FOLDER} asks for protocol ${minReaderVersion} of readers and ${minWriterVersion} of writers, which somebody ` +
      `has changed; Verger writes ${READER_VERSION} and ${WRITER_VERSION}. Remove that folder, and the next reduce begins it again`,
  );
}
