// Writes vectors/core.json from the C binary. Run it when the core is meant to give other bytes, and
// review the difference.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(dirname(here))
const programs = [
  'g711',
  'kernels',
  'g722',
  'g722_group',
  'l16',
  'tone',
  'dtmf',
  'detectors',
  'resampler',
  'rate_converter',
  'jitter_buffer',
  'telephone_event',
  'plane',
]

execFileSync('make', ['-s', '-C', join(root, 'native'), 'conformance'])
const vectors = {}
for (const program of programs) {
  const binary = join(root, 'build/native-test/conformance')
  const bytes = execFileSync(binary, [program], { maxBuffer: 1 << 24 })
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  vectors[program] = { bytes: bytes.length, sha256 }
}
writeFileSync(join(here, 'vectors/core.json'), `${JSON.stringify(vectors, null, 2)}\n`)
