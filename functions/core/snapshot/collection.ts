import type { TableStore } from '../ports.ts';

/**
 * The same objects as seen from a collection's folder: a Delta log and what expires lie there as they do at the bucket's
 * top.
 *
 * @param collection as {@link collectionFolder} makes it
 */
export function tableIn(table: TableStore, collection: string): TableStore {
  if (collection === '') return table;
  const below = (key: string) => key.slice(collection.length);
  return {
    collection,
    read: (key) => table.read(collection + key),
    write: (key, content) => table.write(collection + key, content),
    create: (key, content) => table.create(collection + key, content),
    async *list(prefix, after) {
      for await (const page of table.list(collection + prefix, after && collection + after)) {
        yield page.map((object) => ({ ...object, key: below(object.key) }));
      }
    },
    folders: async (folder) => (await table.folders(collection + folder)).map(below),
    remove: (keys) => table.remove(keys.map((key) => collection + key)),
  };
}
