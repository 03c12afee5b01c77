/**
 * What S3 refuses, with the status where it is not 400.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
const ERRORS = {
  AccessDenied: ['Access Denied', 403],
  BadDigest: ['The checksum you specified did not match the calculated checksum.'],
  BucketAlreadyOwnedByYou: ['The bucket is there already, and it is yours.', 409],
  BucketNotEmpty: ['The bucket you tried to delete is not empty', 409],
  EntityTooLarge: ['Your proposed upload exceeds the maximum allowed size'],
  EntityTooSmall: ['Your proposed upload is smaller than the minimum allowed size'],
  IncompleteBody: ['The request body is not framed as its headers say, or has another length.'],
  InternalError: ['We encountered an internal error. Please try again.', 500],
  InvalidArgument: ['Invalid Argument'],
  InvalidBucketName: ['The specified bucket is not valid.'],
  InvalidDigest: ['The Content-MD5 you specified was invalid.'],
  InvalidPart: ['A part was not uploaded, or its ETag or checksum is not the one specified.'],
  InvalidPartOrder: ['The list of parts was not in ascending order.'],
  InvalidPolicyDocument: ["The form's policy document is not valid."],
  InvalidRange: ['The requested range is not satisfiable', 416],
  InvalidRequest: ['Invalid Request'],
  InvalidURI: ["Couldn't parse the specified URI."],
  KeyTooLongError: ['Your key is too long'],
  MalformedPOSTRequest: ['The body of your POST request is not well-formed multipart/form-data.'],
  MalformedTrailerError: ['The request does not end with the trailers that its headers announce.'],
  MalformedXML: ['The XML you provided was not well-formed or did not validate against our schema'],
  MethodNotAllowed: ['The specified method is not allowed against this resource.', 405],
  NoSuchBucket: ['The specified bucket does not exist', 404],
  NoSuchKey: ['The specified key does not exist.', 404],
  NoSuchUpload: [
    'The upload does not exist: completed, aborted, or begun before the stack was stopped.',
    404,
  ],
  NotImplemented: ['The local S3 does not offer this.', 501],
  NotModified: ['Not Modified', 304],
  PreconditionFailed: ['At least one of the pre-conditions you specified did not hold', 412],
  XAmzContentSHA256Mismatch: ["The 'x-amz-content-sha256' header does not match what was computed."],
} as const satisfies Record<string, readonly [message: string, status?: number]>;

/** Answered as S3's XML. */
export class S3Error extends Error {
  override name = 'S3Error';
  readonly code: keyof typeof ERRORS;
  readonly status: number;
  /** Further elements of the answer, such as `Key`. */
  readonly detail: Record<string, string | number>;
  readonly headers: Record<string, string>;

  constructor(code: keyof typeof ERRORS, message?: string, detail = {}, headers = {}) {
    const [usual, status = 400] = ERRORS[code] as readonly [string, number?];
    super(message ?? usual);
    this.code = code;
    this.status = status;
    this.detail = detail;
    this.headers = headers;
  }
}
