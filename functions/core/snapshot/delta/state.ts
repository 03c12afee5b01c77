/** What a Delta log says of one version. */
import type { Action, Add, MetaData, Protocol, Remove, Transaction } from './actions.ts';

/** A version of the table. */
export interface TableState {
  /** −1: there is no table yet. */
  version: number;
  /** Version of the newest checkpoint; −1: there is none. */
  checkpoint: number;
  protocol?: Protocol;
  metaData?: MetaData;
  /** By application. */
  transactions: Map<string, Transaction>;
  /** Files of this version, by path. */
  live: Map<string, Add>;
  /** Files that earlier versions had and this one has not, by path. */
  removed: Map<string, Remove>;
}

export function emptyState(): TableState {
  return { version: -1, checkpoint: -1, transactions: new Map(), live: new Map(), removed: new Map() };
}

/** Takes a version's actions into account. */
export function apply(state: TableState, version: number, actions: Action[]): void {
  state.version = version;
  for (const { protocol, metaData, txn, add, remove } of actions) {
    if (protocol) state.protocol = protocol;
    if (metaData) state.metaData = metaData;
    if (txn) state.transactions.set(txn.appId, txn);
    if (add) {
      state.live.set(add.path, add);
      state.removed.delete(add.path);
    }
    if (remove) {
      state.live.delete(remove.path);
      state.removed.set(remove.path, remove);
    }
  }
}
