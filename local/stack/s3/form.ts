/**
 * Uploads by a form in a browser: presigned POST.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
import { type Headers, receive } from './body.ts';
import { S3Error } from './error.ts';
import { putObject } from './objects.ts';
import { checkKey, type S3Answer, type S3Request } from './request.ts';
import { toXml } from './xml.ts';

/** POST of a form to a bucket: a PUT whose headers are the form's fields. Its policy is checked, its signature is not. */
export async function postObject(request: S3Request): Promise<S3Answer> {
  const { bucket, headers } = request;
  const { fields, file } = await readForm(request);
  const key = checkKey((fields.key ?? '').replaceAll(FILENAME, () => file.name));
  if (!key) throw new S3Error('InvalidArgument', 'Bucket POST must contain a field named key');
  if (fields.policy) checkPolicy(fields.policy, { ...fields, bucket }, file.size);

  const body = [Buffer.from(await file.arrayBuffer())];
  const put = await putObject({ ...request, key, headers: fields, body }, 'Post');
  const etag = put.headers.etag;
  const location = `http://${headers.host}/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
  const answer = { ...put.headers, location };
  const redirect = fields.success_action_redirect ?? '';
  if (URL.canParse(redirect)) {
    const target = new URL(redirect);
    for (const [name, value] of Object.entries({ bucket, key, etag }))
      target.searchParams.append(name, value);
    return { status: 303, headers: { ...answer, location: target.href } };
  }
  const status = { 200: 200, 201: 201 }[fields.success_action_status ?? ''] ?? 204;
  const result = { Location: location, Bucket: bucket, Key: key, ETag: etag };
  return { status, headers: answer, ...(status === 201 && { body: toXml('PostResponse', result, '') }) };
}

const FILENAME = '$' + '{filename}';

/** Reads a form; names of fields in lower case. */
async function readForm({ headers, body }: S3Request) {
  const type = headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) throw new S3Error('MalformedPOSTRequest');
  const { bytes } = await receive({}, body);
  const response = new Response(bytes, { headers: { 'content-type': type } });
  const form = await response.formData().catch(() => {
    throw new S3Error('MalformedPOSTRequest');
  });
  const given = form.get('file');
  if (given === null)
    throw new S3Error('InvalidArgument', 'POST requires exactly one file upload per request.');
  const fields: Headers = {};
  for (const [name, value] of form) if (typeof value === 'string') fields[name.toLowerCase()] = value;
  return { fields, file: typeof given === 'string' ? new File([given], '') : given };
}

type Condition = Record<string, string> | [operator: string, name: string | number, value: string | number];

function checkPolicy(encoded: string, fields: Headers, bytes: number): void {
  const { expiration, conditions } = parsePolicy(encoded);
  const refuse = (why: string) => new S3Error('AccessDenied', `Invalid according to Policy: ${why}`);
  if (!(Date.parse(expiration) > Date.now())) throw refuse('Policy expired.');
  for (const condition of conditions) {
    const [operator, name = '', value = ''] = Array.isArray(condition)
      ? condition
      : ['eq', ...Object.entries(condition).flat()];
    if (operator === 'content-length-range') {
      if (bytes < Number(name))
        throw new S3Error('EntityTooSmall', undefined, { ProposedSize: bytes, MinSizeAllowed: name });
      if (bytes > Number(value))
        throw new S3Error('EntityTooLarge', undefined, { ProposedSize: bytes, MaxSizeAllowed: value });
      continue;
    }
    const given = fields[String(name).replace(/^\$/, '').toLowerCase()] ?? '';
    const holds = operator === 'starts-with' ? given.startsWith(String(value)) : given === String(value);
    if (!holds) throw refuse(`Policy Condition failed: ${JSON.stringify([operator, name, value])}`);
  }
}

function parsePolicy(encoded: string): { expiration: string; conditions: Condition[] } {
  try {
    const { expiration, conditions } = JSON.parse(Buffer.from(encoded, 'base64').toString());
    if (Array.isArray(conditions)) return { expiration, conditions };
  } catch {}
  throw new S3Error('InvalidPolicyDocument');
}
