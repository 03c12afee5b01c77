/** What a person can paste while the local stack runs. */
import { CREDENTIALS } from '../stack/environment.ts';
import type { StackDescription } from '../stack/start-stack.ts';

/** Commands that work as they stand, and addresses. */
export function describeUse({ endpoints, http, region, variables, log, page }: StackDescription): string {
  const { PHOTO_BUCKET, SNAPSHOT_BUCKET, FEATURES_TABLE } = variables;
  const credentials = Object.entries(CREDENTIALS).map(([name, value]) => `${name}=${value}`);
  return `
In another terminal, for the AWS CLI, the SDKs and sls:

  export ${credentials.join(' ')} AWS_REGION=${region} AWS_DEFAULT_REGION=${region}
  export AWS_ENDPOINT_URL_S3=${endpoints.s3} AWS_ENDPOINT_URL_DYNAMODB=${endpoints.dynamodb} AWS_ENDPOINT_URL_LAMBDA=${endpoints.lambda}

  aws s3 cp "samples/Kiwi/000.jpg" "s3://${PHOTO_BUCKET}/Kiwi/000.jpg"
  aws s3 cp --recursive --exclude "*" --include "*/001.jpg" samples/ s3://${PHOTO_BUCKET}/
  aws dynamodb get-item --table-name ${FEATURES_TABLE} --key '{"photo": {"S": "Kiwi/000.jpg"}}' --projection-expression "photo, label, model, width, height"
  npx sls invoke reduce
  curl --data-binary @samples/Kiwi/002.jpg -H 'content-type: image/jpeg' ${http}/identify
  aws s3 cp --recursive s3://${SNAPSHOT_BUCKET}/ snapshots/

Ctrl-C stops it; the data stays. A change below functions/ runs from the next invocation on.

page      ${page}   what runs, with a box to drop photos into
log       ${log}, JSON
S3        ${endpoints.s3}   buckets ${PHOTO_BUCKET}, ${SNAPSHOT_BUCKET}
DynamoDB  ${endpoints.dynamodb}   table ${FEATURES_TABLE}
Identify  ${http}   a page for the camera; POST a photo to /identify
Lambda    ${endpoints.lambda}   asynchronous invocations: ${endpoints.lambda}/local/queue
`;
}
