// Installs the programs that the tests talk to and the libraries that they compare with, from Debian's
// packages; they are no part of the product. Without root it only says what is missing.
import { spawnSync } from 'node:child_process'

/** Program → package. */
const programs = {
  sipp: 'sip-tester',
  baresip: 'baresip',
  kamailio: 'kamailio',
  svwar: 'sipvicious',
  'clang-format': 'clang-format',
  clang: 'clang',
  sox: 'sox',
  ffmpeg: 'ffmpeg',
  flac: 'flac',
  opusenc: 'opus-tools',
  oggenc: 'vorbis-tools',
  lame: 'lame',
  'espeak-ng': 'espeak-ng',
  tshark: 'tshark',
}

/** Header → package. */
const libraries = {
  'spandsp.h': 'libspandsp-dev',
  'opus/opus.h': 'libopus-dev',
  'srtp2/srtp.h': 'libsrtp2-dev',
  'openssl/evp.h': 'libssl-dev',
}

const isProgram = (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0
const isHeader = (name) =>
  spawnSync('cc', ['-E', '-x', 'c', '-include', name, '/dev/null']).status === 0
/** Of clang; a package of its own. */
const isLibFuzzer = () =>
  spawnSync('clang', ['-fsanitize=fuzzer', '-x', 'c', '-', '-o', '/dev/null'], {
    input: 'int LLVMFuzzerTestOneInput(void) { return 0; }',
  }).status === 0
const missing = [
  ...Object.entries(programs).filter(([program]) => !isProgram(program)),
  ...Object.entries(libraries).filter(([header]) => !isHeader(header)),
  ...(isLibFuzzer() ? [] : [['libFuzzer', 'libclang-rt-dev']]),
]

if (missing.length === 0) {
  console.log('all test peers are installed')
} else if (process.getuid?.() !== 0) {
  console.log(`missing test peers (their tests will be skipped): ${missing.map(([name]) => name)}`)
} else {
  const packages = missing.map(([, name]) => name)
  console.log(`installing ${packages.join(' ')}`)
  const apt = (...parameters) =>
    spawnSync('apt-get', ['-qq', ...parameters], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status
  if (apt('update') !== 0 || apt('install', '-y', '--no-install-recommends', ...packages) !== 0) {
    console.error('apt-get failed')
    process.exitCode = 1
  }
  // Its package starts a service at the ports of SIP; the tests start their own.
  if (packages.includes('kamailio')) spawnSync('systemctl', ['disable', '--now', 'kamailio'])
}
