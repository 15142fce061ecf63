import { z } from 'zod';

const Reference = z.object({ $ref: z.string() });
const Shape = z.object({ required: z.array(z.string()).default([]) });
const Answer = z.object({ content: z.record(z.string(), z.object({ schema: z.unknown() })).default({}) });
const Document = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});
const Operation = z.object({ responses: z.record(z.string(), Answer) });

/** The fields that a POST's answer must have, by its status, as the running API describes it. */
export async function describedAnswers(url: string, path: string): Promise<Record<string, string[]>> {
  const { paths, components } = Document.parse(await (await fetch(`${url}/openapi.json`)).json());
  const { responses } = Operation.parse(paths[path]?.['post']);
  const shapeOf = (schema: unknown) => {
    const name = Reference.safeParse(schema).data?.$ref.split('/').at(-1);
    return Shape.parse(name === undefined ? schema : components.schemas[name]).required;
  };
  return Object.fromEntries(
    Object.entries(responses).map(([status, { content }]) => {
      const [first] = Object.values(content);
      return [status, first ? shapeOf(first.schema) : []];
    }),
  );
}
