// A vitest reporter: writes what passed and what failed, file by file, to the file that DIALPLANE_TEST_REPORT names.
// A hook that throws, a file that does not load and an error that nobody caught are failures as a failed test is.
import { writeFileSync } from 'node:fs'

const failuresMax = 100
const failureCharsMax = 4_000

/** The message, and where: the first lines of a stack repeat the message, or say something else. */
const textOf = ({ name, message, stack = '' }) => {
  const lines = stack.split('\n')
  const places = lines.filter((line) => /^ +at /.test(line) && !line.includes('/node_modules/'))
  return [`${name}: ${message}`, ...places].join('\n')
}

function outcomeOf(module) {
  const outcome = { file: module.moduleId, passed: 0, failed: 0, skipped: 0, failures: [] }
  const fail = (name, errors) => {
    outcome.failed++
    if (outcome.failures.length >= failuresMax) return
    const text = `${module.moduleId}${name}\n${errors.map(textOf).join('\n')}`
    outcome.failures.push(text.slice(0, failureCharsMax))
  }
  if (module.errors().length > 0) fail('', module.errors())
  for (const suite of module.children.allSuites()) {
    if (suite.errors().length > 0) fail(` > ${suite.fullName} (a hook)`, suite.errors())
  }
  for (const test of module.children.allTests()) {
    const { state, errors } = test.result()
    if (state === 'failed') fail(` > ${test.fullName}`, errors)
    else outcome[state === 'passed' ? 'passed' : 'skipped']++
  }
  return outcome
}

export default class TestReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const files = modules.map(outcomeOf)
    if (unhandledErrors.length > 0) {
      const failures = unhandledErrors.map(
        (error) => `an error that nobody caught\n${textOf(error)}`,
      )
      files.push({ file: undefined, passed: 0, failed: failures.length, skipped: 0, failures })
    }
    writeFileSync(process.env.DIALPLANE_TEST_REPORT, JSON.stringify(files))
  }
}
