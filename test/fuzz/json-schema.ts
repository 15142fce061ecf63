import { z } from 'zod';

/** A JSON Schema as OpenAPI 3.1 holds it. */
export const JsonSchema = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  get anyOf() {
    return z.array(JsonSchema).optional();
  },
  get properties() {
    return z.record(z.string(), JsonSchema).optional();
  },
  required: z.array(z.string()).optional(),
  get items() {
    return JsonSchema.optional();
  },
  minItems: z.int().optional(),
  maxItems: z.int().optional(),
  minLength: z.int().optional(),
  maxLength: z.int().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  pattern: z.string().optional(),
  format: z.string().optional(),
});
export type JsonSchema = z.output<typeof JsonSchema>;

/** The schemas that others refer to, by name. */
export type Schemas = Readonly<Record<string, JsonSchema>>;

/** What a `$ref` means, or the schema itself. */
export function resolve(schema: JsonSchema, schemas: Schemas): JsonSchema {
  const name = schema.$ref?.replace('#/components/schemas/', '');
  return name === undefined ? schema : (schemas[name] ?? {});
}

const Plain = z.custom<Parameters<typeof z.fromJSONSchema>[0]>((value) => typeof value === 'object');

/** Tells whether a value fits. `isExact` refuses fields that are not described. */
export function validatorOf(schema: JsonSchema, schemas: Schemas, isExact: boolean): z.ZodType {
  const name = `${isExact} ${JSON.stringify(schema)}`;
  const known = validators.get(schemas) ?? new Map<string, z.ZodType>();
  const validator = known.get(name) ?? compiled({ ...schema, $defs: schemas }, isExact);
  validators.set(schemas, known.set(name, validator));
  return validator;
}

// Most answers of most operations are alike.
const validators = new WeakMap<Schemas, Map<string, z.ZodType>>();

function compiled(schema: JsonSchema, isExact: boolean): z.ZodType {
  const text = JSON.stringify(isExact ? closed(schema) : schema).replaceAll('#/components/schemas/', '#/$defs/');
  return z.fromJSONSchema(Plain.parse(JSON.parse(text)));
}

/** The same schema, with no object open to fields that it does not name. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([key, some]) => [key, closed(some)]));
  const isOpen = 'properties' in value && !('additionalProperties' in value);
  return isOpen ? { ...inner, additionalProperties: false } : inner;
}
