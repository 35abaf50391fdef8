// A vitest reporter: writes the counts, and whatever failed, to the file that DIALPLANE_TEST_REPORT names. A hook
// that throws, a file that does not load and an error that nobody caught are failures as a failed test is.
import { writeFileSync } from 'node:fs'

const failuresMax = 100
const failureCharsMax = 4_000

/** The message, and where: the first lines of a stack repeat the message, or say something else. */
const textOf = ({ name, message, stack = '' }) => {
  const places = stack.split('\n').filter((line) => /^ +at /.test(line))
  return [`${name}: ${message}`, ...places].join('\n')
}

export default class TestReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: 0, skipped: 0 }
    const failures = []
    const fail = (name, errors) => {
      counts.failed++
      failures.push(`${name}\n${errors.map(textOf).join('\n')}`.slice(0, failureCharsMax))
    }
    for (const module of modules) {
      if (module.errors().length > 0) fail(module.moduleId, module.errors())
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) {
          fail(`${module.moduleId} > ${suite.fullName} (a hook)`, suite.errors())
        }
      }
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result()
        if (state === 'failed') fail(`${module.moduleId} > ${test.fullName}`, errors)
        else counts[state === 'passed' ? 'passed' : 'skipped']++
      }
    }
    for (const error of unhandledErrors) fail('an error that nobody caught', [error])
    const report = { ...counts, failures: failures.slice(0, failuresMax) }
    writeFileSync(process.env.DIALPLANE_TEST_REPORT, JSON.stringify(report))
  }
}
