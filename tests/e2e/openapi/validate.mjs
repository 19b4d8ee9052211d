// Prints as a JSON list what is wrong with the OpenAPI document in the file named: by the validator
// of documents, then by one of JSON Schemas for each schema in it, and each example by its schema.
import { readFileSync } from 'node:fs';

import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv2020 from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

const document = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const errors = [];
const counts = { schemas: 0, examples: 0 };

const validator = new Validator();
const result = await validator.validate(structuredClone(document));
if (!result.valid) errors.push({ document: result.errors });
if (validator.version !== '3.1') errors.push({ version: validator.version });

const ajv = new Ajv2020({ strict: false, validateFormats: true, allErrors: true });
formats.default(ajv);
ajv.addSchema(document, 'openapi', undefined, false);

const escaped = (key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));

function checkSchema(holder, pointer) {
  counts.schemas += 1;
  let conforms;
  try {
    if (!ajv.validateSchema(holder.schema)) throw new Error(ajv.errorsText());
    conforms = ajv.compile({ $ref: `openapi#${pointer}/schema` });
  } catch (error) {
    errors.push({ schema: pointer, error: error.message });
    return;
  }
  const examples = Object.values(holder.examples ?? {}).map((example) => example.value);
  if (holder.example !== undefined) examples.push(holder.example);
  for (const example of examples) {
    counts.examples += 1;
    if (!conforms(example)) errors.push({ example: pointer, error: ajv.errorsText(conforms.errors) });
  }
}

// Media types, parameters and headers have a `schema`; inside of schemas that is a property's name.
function walk(value, pointer) {
  if (value === null || typeof value !== 'object') return;
  if (!Array.isArray(value) && typeof value.schema === 'object') checkSchema(value, pointer);
  for (const [key, inner] of Object.entries(value)) {
    if (key !== 'schema' && key !== 'example' && key !== 'examples') {
      walk(inner, `${pointer}/${escaped(key)}`);
    }
  }
}

walk(document.paths, '/paths');
for (const [part, members] of Object.entries(document.components ?? {})) {
  if (part === 'schemas') {
    for (const name of Object.keys(members)) {
      try {
        counts.schemas += 1;
        ajv.compile({ $ref: `openapi#/components/schemas/${escaped(name)}` });
      } catch (error) {
        errors.push({ schema: name, error: error.message });
      }
    }
  } else {
    walk(members, `/components/${part}`);
  }
}
console.log(JSON.stringify({ errors, ...counts }, null, 2));
