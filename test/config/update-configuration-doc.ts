/** Writes the tables of settings into docs/configuration.md; run it after a change to the schema. */
import { writeFileSync } from 'node:fs';
import { compareDoc, configurationDoc } from './configuration-doc.js';

writeFileSync(configurationDoc, compareDoc().wanted);
