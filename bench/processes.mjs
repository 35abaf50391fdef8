/** What the benches ask of processes: their CPU time, their memory, and the C programs that they are. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** CPU seconds of a process, all threads, user and system. */
export function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

export function residentBytes(pid) {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}

/** A C program of this folder; `more` are further arguments of the compiler. */
export function compile(name, more = []) {
  const output = join(root, 'build', 'bench', name)
  mkdirSync(dirname(output), { recursive: true })
  execFileSync('cc', ['-O2', '-o', output, join(root, 'bench', `${name}.c`), ...more])
  return output
}

/** The libopus of the media core, and where its headers are. */
export function compileWithOpus(name) {
  const library = join(root, 'build', 'native-test', 'libopus.a')
  execFileSync('make', ['-s', '-C', join(root, 'native'), '../build/native-test/libopus.a'])
  const headers = join(root, 'node_modules/@discordjs/opus/deps/opus/include')
  return compile(name, [`-I${headers}`, `-I${join(root, 'native/core')}`, library, '-lm'])
}
