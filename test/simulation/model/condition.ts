/**
 * DynamoDB's condition expressions: parsed and evaluated. What the grammar of the page has and this has not
 * (BETWEEN, IN, contains, size, paths into documents) is an error here, never true or false.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export type Item = Record<string, AttributeValue>;
type Predicate = (item: Item) => boolean;
type Operand = (item: Item) => AttributeValue | undefined;

/** The names and values that an expression refers to. */
export interface ExpressionContext {
  values?: Item | undefined;
  names?: Record<string, string> | undefined;
}

/**
 * Whether a condition holds for an item; `{}` where there is none.
 *
 * @throws Error as DynamoDB's ValidationException: wrong syntax, a value that is missing or not used
 */
export function holds(expression: string, item: Item, context: ExpressionContext = {}): boolean {
  const shape = `${expression}\n${Object.keys(context.values ?? {})}\n${Object.keys(context.names ?? {})}`;
  const parsed = cache.get(shape) ?? parse(expression, context);
  cache.set(shape, parsed);
  return parsed(context)(item);
}

/** An expression is parsed once; the values come with each request. */
const cache = new Map<string, (context: ExpressionContext) => Predicate>();

function parse(expression: string, shape: ExpressionContext): (context: ExpressionContext) => Predicate {
  const tokens = expression.match(/<>|<=|>=|[<>=(),]|[#:]?[A-Za-z0-9_]+|\S/g) ?? [];
  const used = new Set<string>();
  let at = 0;
  let context: ExpressionContext = shape;

  const next = () => tokens[at++] ?? '';
  const isNext = (word: string) => tokens[at]?.toUpperCase() === word;
  const expect = (word: string) => {
    if (next().toUpperCase() !== word) throw invalid(`expected ${word} before token ${at}`);
  };

  const anyOf = (): Predicate => {
    const terms = [allOf()];
    while (isNext('OR') && next()) terms.push(allOf());
    return (item) => terms.some((term) => term(item));
  };
  const allOf = (): Predicate => {
    const terms = [not()];
    while (isNext('AND') && next()) terms.push(not());
    return (item) => terms.every((term) => term(item));
  };
  const not = (): Predicate => {
    if (!isNext('NOT')) return single();
    next();
    const term = not();
    return (item) => !term(item);
  };
  const single = (): Predicate => {
    if (isNext('(')) {
      next();
      const inner = anyOf();
      expect(')');
      return inner;
    }
    return tokens[at + 1] === '(' ? call() : comparison();
  };
  const call = (): Predicate => {
    const name = next();
    expect('(');
    const first = operand();
    const predicates: Record<string, () => Predicate> = {
      attribute_exists: () => (item) => first(item) !== undefined,
      attribute_not_exists: () => (item) => first(item) === undefined,
      begins_with: () => {
        expect(',');
        const second = operand();
        return (item) => {
          const [text, start] = [first(item)?.S, second(item)?.S];
          return text !== undefined && start !== undefined && text.startsWith(start);
        };
      },
    };
    const predicate = predicates[name]?.();
    if (!predicate) throw invalid(`function ${name} is not modelled`);
    expect(')');
    return predicate;
  };
  const comparison = (): Predicate => {
    const left = operand();
    const operator = next();
    const right = operand();
    const isTrue = COMPARISONS[operator];
    if (!isTrue) throw invalid(`operator ${operator} is not modelled`);
    return (item) => {
      const [a, b] = [left(item), right(item)];
      if (a === undefined || b === undefined) return operator === '<>';
      return isTrue(a, b);
    };
  };
  const operand = (): Operand => {
    const name = next();
    used.add(name);
    if (name.startsWith(':')) {
      if (!shape.values?.[name]) throw invalid(`value ${name} is not given`);
      return () => context.values?.[name];
    }
    if (name.startsWith('#')) {
      if (!shape.names?.[name]) throw invalid(`name ${name} is not given`);
      return (item) => item[context.names?.[name] ?? ''];
    }
    if (!/^[A-Za-z]\w*$/.test(name)) throw invalid(`${JSON.stringify(name)} is not an operand`);
    return (item) => item[name];
  };

  const predicate = anyOf();
  if (at < tokens.length) throw invalid(`token ${tokens[at]} is left over`);
  for (const given of [...Object.keys(shape.values ?? {}), ...Object.keys(shape.names ?? {})]) {
    if (!used.has(given)) throw invalid(`${given} is given and not used`);
  }
  return (now) => {
    context = now;
    return predicate;
  };
}

type Comparison = (a: AttributeValue, b: AttributeValue) => boolean;

/** Values of two types are neither equal nor in order; nor is one that is there to one that is not. */
const COMPARISONS: Record<string, Comparison> = {
  '=': (a, b) => compare(a, b) === 0,
  '<>': (a, b) => compare(a, b) !== 0,
  '<': (a, b) => compare(a, b) < 0,
  '<=': (a, b) => compare(a, b) <= 0,
  '>': (a, b) => compare(a, b) > 0,
  '>=': (a, b) => compare(a, b) >= 0,
};

/** @returns below 0, 0, above 0; NaN where the types differ */
function compare(a: AttributeValue, b: AttributeValue): number {
  if (a.S !== undefined && b.S !== undefined) return Buffer.compare(Buffer.from(a.S), Buffer.from(b.S));
  if (a.N !== undefined && b.N !== undefined) return Number(a.N) - Number(b.N);
  if (a.B !== undefined && b.B !== undefined) return Buffer.compare(a.B, b.B);
  if (a.BOOL !== undefined && b.BOOL !== undefined) return a.BOOL === b.BOOL ? 0 : Number.NaN;
  return Number.NaN;
}

function invalid(detail: string): Error {
  return Object.assign(new Error(`invalid ConditionExpression: ${detail}`), { name: 'ValidationException' });
}
