/**
 * Which of the photo bucket's events invoke which function, and which objects backfill may list, from the parameters
 * of serverless.yml. An empty filter is left out: S3 does not take one.
 */
const photoEvents =
  (names) =>
  async ({ resolveVariable }) => {
    const prefix = await resolveVariable('param:photoPrefix');
    const suffix = await resolveVariable('param:photoSuffix');
    const isExisting = (await resolveVariable('param:photoBucketIs')) === 'existing';
    const bucket = isExisting
      ? { bucket: await resolveVariable('param:photoBucket'), existing: true }
      : { bucket: 'photos' };
    const rules = [...(prefix ? [{ prefix }] : []), ...(suffix ? [{ suffix }] : [])];
    return names.map((event) => ({ s3: { ...bucket, event, ...(rules.length > 0 && { rules }) } }));
  };

module.exports = {
  created: photoEvents(['s3:ObjectCreated:*', 's3:ObjectRestore:Completed']),
  removed: photoEvents(['s3:ObjectRemoved:*', 's3:LifecycleExpiration:*']),
  listed: async ({ resolveVariable }) => {
    const prefix = await resolveVariable('param:photoPrefix');
    return prefix ? { StringLike: { 's3:prefix': `${prefix}*` } } : { Ref: 'AWS::NoValue' };
  },
};
