declare module 'asl-validator' {
  interface Verdict {
    isValid: boolean;
    errors: unknown[];
  }
  export default function validate(
    definition: object,
    options?: { checkPaths?: boolean; checkArn?: boolean },
  ): Verdict;
}
