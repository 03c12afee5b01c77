/** What a photo and a reduce take; each says whether it is measured or assumed. */
import { REFUSAL_REASONS } from '../../functions/core/errors.ts';

/** How much slower a vCPU, of Lambda or a cluster, is than the cores measured. Assumed. */
const VCPU_FACTOR = 2;

/** Milliseconds per photo on one measured core, plus reading its object on AWS. */
export const PHOTO = {
  /** 100×100 to 350×350 pixels, tens of KB: decode 1.4 and inference 3.4 measured; reading assumed. */
  small: { read: 30, decode: 1.4, inference: 3.4 },
  /** 12 megapixels, 1 to 4 MB: decode 60 and inference 26, with the resize before it, measured; reading assumed. */
  phone: { read: 80, decode: 60, inference: 26 },
};

export type PhotoKind = keyof typeof PHOTO;

/** Seconds of one vCPU per photo, reading included: the same for Lambda and a cluster. */
export function photoSeconds(kind: PhotoKind): number {
  const { read, decode, inference } = PHOTO[kind];
  return (read + VCPU_FACTOR * (decode + inference)) / 1000;
}

export const VERGER = {
  /** Seconds to write the item. Assumed. */
  storeSeconds: 0.01,
  /** Seconds of cold start, shared out over the photos: 1 in 100 waits 1 second. Assumed. */
  coldStartSeconds: 0.01,
  /** Seconds of identify beyond decoding and inference. At most 0.0025 measured (bench identify-time), doubled as a vCPU is. */
  identifySeconds: 0.005,
  /** serverless.yml: 1,769 MB. */
  featurizeGb: 1769 / 1024,
  /** serverless.yml: 3,538 MB. */
  reduceGb: 3538 / 1024,
  /** Bytes of an item: 5,120 of features and about 250 of names, key, ETag and label. */
  itemBytes: 5400,
  /** DynamoDB writes by the KB. */
  writeUnits: 6,
  /** DynamoDB reads by 4 KB, one unit each in a strongly consistent scan, half a unit in another: 5.4 KB. */
  readUnits: 1.32,
  /** Bytes of log: two lines of ours and three of Lambda's. Ours are measured. */
  logBytes: 1300,
  /** Bytes of a row in Parquet: 3,690 measured over 3,019 studio photos, rounded up. */
  rowBytes: 4000,
  /** serverless.yml: snapshotDays. */
  snapshotDays: 90,
  /** Rows a second through a whole reduce: on two cores 8,900 are read from the local emulator and 12,700 reduced, so 5,200. */
  reduceRowsPerSecond: 4000,
  /** Seconds of a reduce with hardly any rows: cold start, fit, report. Measured: 5, rounded up. */
  reduceFixedSeconds: 10,
  /** Photos whose pixels a reduce compares at most, and others of which it makes pictures until 3 MB are full. Measured. */
  comparedPhotos: 8000,
  picturedPhotos: 4220,
  /** Seconds of a reduce for each of those: read eight at a time, some 5 ms of a core measured, for both at once. */
  reportPhotoSeconds: 0.006,
  /** Rows that one function reduces: serverless.yml, reduceRowsInOneFunction. Above, Step Functions do: scale.ts. */
  reduceMaxRows: 400_000,
  /** Metrics that functions/adapters/observability.ts can send: 7, and one for each reason to refuse a photo. */
  metrics: 7 + Object.keys(REFUSAL_REASONS).length,
  /** functions/stack/*.yml: those that watch a metric each, two that watch one of each function, one that watches three. */
  alarms: 24,
  dashboards: 1,
} as const;

export const CLUSTER = {
  /** Hours until a cluster started for a job begins to work. Given. */
  startHours: 0.25,
  hoursPerMonth: 730,
  vcpusPerNode: 4,
  /** One primary and two core nodes; the primary does no photos. */
  emrNodes: 3,
  /** Databricks: one driver and 2 to 8 workers. */
  databricksFewestNodes: 3,
  databricksMostNodes: 9,
  dbusPerNodeHour: 1,
} as const;

export const SECONDS_PER_MONTH = CLUSTER.hoursPerMonth * 3600;
export const DAYS_PER_MONTH = CLUSTER.hoursPerMonth / 24;
