/** What Verger costs. */
import { bytes, type Factor, type Line, line, price, quantity } from './arithmetic.ts';
import { DAYS_PER_MONTH, PHOTO, type PhotoKind, photoSeconds, VERGER } from './assumptions.ts';

/** Cost of featurizing photos that arrive in one month, once. */
export function featurizeLines(photos: number, kind: PhotoKind): Line[] {
  const seconds = photoSeconds(kind) + VERGER.storeSeconds + VERGER.coldStartSeconds;
  const all = quantity(photos, 'photos');
  return [
    lambda('Lambda, time', seconds, VERGER.featurizeGb, all),
    line('Lambda, requests', all, price('lambdaRequest')),
    line('S3, reading the photo', all, price('s3Get')),
    line('DynamoDB, writing', all, quantity(VERGER.writeUnits, 'units'), price('dynamodbWrite')),
    line('Logs', all, bytes(VERGER.logBytes), price('logs')),
  ];
}

/** Cost of identifying photos of 350 pixels, where that is deployed. API Gateway counts each 512 KB as a request. */
export function identifyLines(photos: number): Line[] {
  const { coldStartSeconds, identifySeconds } = VERGER;
  const seconds = photoSeconds('small') - PHOTO.small.read / 1000 + coldStartSeconds + identifySeconds;
  const all = quantity(photos, 'photos');
  return [
    lambda('Lambda, time', seconds, VERGER.featurizeGb, all),
    line('Lambda, requests', all, price('lambdaRequest')),
    line('API Gateway', all, price('httpApi')),
    line('Logs', all, bytes(VERGER.logBytes), price('logs')),
  ];
}

/** Monthly cost of keeping features and their backups. */
export function keepLines(photos: number): Line[] {
  const stored = [quantity(photos, 'photos'), bytes(VERGER.itemBytes)];
  return [
    line('DynamoDB, storage', ...stored, price('dynamodbStorage')),
    line('DynamoDB, backups', ...stored, price('dynamodbBackup')),
  ];
}

/** Monthly cost of what a cluster would need as well: snapshots of the last 90 days, and monitoring. */
export function sharedLines(photos: number, reducesPerMonth: number): Line[] {
  const kept = (reducesPerMonth * VERGER.snapshotDays) / DAYS_PER_MONTH;
  return [
    line(
      'S3, snapshots kept',
      quantity(kept, 'snapshots'),
      quantity(photos, 'photos'),
      bytes(VERGER.rowBytes),
      price('s3Storage'),
    ),
    line('Metrics', quantity(VERGER.metrics, 'metrics'), price('metric')),
    line('Alarms', quantity(VERGER.alarms, 'alarms'), price('alarm')),
    line('Dashboard', quantity(VERGER.dashboards, 'dashboard'), price('dashboard')),
  ];
}

/** Monthly cost of reduces; each reads the whole table, and some of the photos for its report. */
export function reduceLines(photos: number, reducesPerMonth: number): Line[] {
  const reduces = quantity(reducesPerMonth, reducesPerMonth === 1 ? 'reduce' : 'reduces');
  const ofReport = quantity(reportPhotos(photos), 'photos');
  return [
    line(
      'DynamoDB, reading',
      reduces,
      quantity(photos, 'photos'),
      quantity(VERGER.readUnits, 'units'),
      price('dynamodbRead'),
    ),
    lambda('Lambda, time', reduceSeconds(photos), VERGER.reduceGb, reduces),
    line('S3, reading photos for the report', reduces, ofReport, price('s3Get')),
    lambda('Lambda, time for them', VERGER.reportPhotoSeconds, VERGER.reduceGb, reduces, ofReport),
  ];
}

/** Cost of functions that run for some seconds each, so many times. */
function lambda(what: string, seconds: number, gb: number, ...times: Factor[]): Line {
  return line(what, ...times, quantity(seconds, 's'), quantity(gb, 'GB'), price('lambdaCompute'));
}

/** Photos that one reduce reads for its report, at most: those compared, and those pictured that are not among them. */
export function reportPhotos(photos: number): number {
  return Math.min(photos, VERGER.comparedPhotos + VERGER.picturedPhotos);
}

/** serverless.yml: reduce has the memory of two vCPUs. */
export const REDUCE_VCPUS = 2;

/** Seconds that one reduce takes on {@link REDUCE_VCPUS} vCPUs. */
export function reduceSeconds(photos: number): number {
  return VERGER.reduceFixedSeconds + photos / VERGER.reduceRowsPerSecond;
}
