import { z } from 'zod';
import { JsonSchema, type Schemas, validatorOf } from './json-schema.ts';

const Content = z.record(z.string(), z.object({ schema: JsonSchema }));
const Parameter = z.object({
  in: z.enum(['path', 'query', 'header']),
  name: z.string(),
  required: z.boolean().default(false),
  schema: JsonSchema,
});
const Document = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        operationId: z.string(),
        parameters: z.array(Parameter).default([]),
        requestBody: z.object({ required: z.boolean().default(false), content: Content }).optional(),
        responses: z.record(z.string(), z.object({ content: Content.optional() })),
      }),
    ),
  ),
  components: z.object({ schemas: z.record(z.string(), JsonSchema) }),
});

export type Parameter = z.output<typeof Parameter>;

/** One operation as the API describes itself. */
export type Operation = Readonly<{
  id: string;
  method: string;
  path: string;
  parameters: readonly Parameter[];
  body: JsonSchema | undefined;
  isBodyRequired: boolean;
  /** What each described status may carry, by content type. */
  answers: ReadonlyMap<number, ReadonlyMap<string, z.ZodType>>;
  schemas: Schemas;
}>;

/** Every operation of an OpenAPI document. */
export function operationsOf(document: unknown): Operation[] {
  const { paths, components } = Document.parse(document);
  const { schemas } = components;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      id: operation.operationId,
      method: method.toUpperCase(),
      path,
      parameters: operation.parameters,
      body: Object.values(operation.requestBody?.content ?? {})[0]?.schema,
      isBodyRequired: operation.requestBody?.required ?? false,
      answers: new Map(
        Object.entries(operation.responses).map(([status, { content = {} }]) => [
          Number(status),
          new Map(Object.entries(content).map(([type, { schema }]) => [type, validatorOf(schema, schemas, true)])),
        ]),
      ),
      schemas,
    })),
  );
}
