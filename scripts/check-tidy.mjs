// House rules that no linter knows: lengths of files and functions, names, blobs, the lock file.
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const fileLinesMax = 500
const functionLinesMax = 70
const blobBytesMax = 300_000
const bannedFolders = /(^|\/)(utils?|helpers?|common|managers?)(\/|\.ts$)/

function trackedFiles() {
  const list = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  return list.split('\n').filter(Boolean)
}

function* functionsOf(node, source) {
  const isFunction =
    ts.isFunctionDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isArrowFunction(node) ||
    ts.isFunctionExpression(node) ||
    ts.isConstructorDeclaration(node)
  if (isFunction && node.body) {
    const first = source.getLineAndCharacterOfPosition(node.getStart(source)).line
    const last = source.getLineAndCharacterOfPosition(node.end).line
    yield {
      name: node.name?.getText(source) ?? '(function)',
      line: first + 1,
      lines: last - first + 1,
    }
  }
  for (const child of node.getChildren(source)) yield* functionsOf(child, source)
}

/** Functions of C: from a line that begins a definition to the brace in the first column. */
function* functionsOfC(text) {
  const lines = text.split('\n')
  let start = -1
  for (const [index, line] of lines.entries()) {
    if (/^[a-z].*\)\s*\{$/.test(line) || (/^\{/.test(line) && start < 0)) start = index
    if (line === '}' && start >= 0) {
      yield { name: lines[start].slice(0, 60), line: start + 1, lines: index - start + 1 }
      start = -1
    }
  }
}

export function checkTidy() {
  const problems = []
  for (const file of trackedFiles()) {
    const path = join(root, file)
    const size = statSync(path, { throwIfNoEntry: false })?.size
    if (size === undefined) continue
    if (size > blobBytesMax && file !== 'package-lock.json')
      problems.push(`${file}: ${size} bytes in one file`)
    if (bannedFolders.test(file)) problems.push(`${file}: no utils, helpers, common or manager`)
    if (!/\.(ts|mts|mjs|c|h|cc)$/.test(file)) continue
    const text = readFileSync(path, 'utf8')
    const lines = text.split('\n').length
    if (lines > fileLinesMax + 1) problems.push(`${file}: ${lines} lines, at most ${fileLinesMax}`)
    const isTest = /\.test\.ts$|^test\/|^native\/test\//.test(file)
    if (isTest) continue
    const functions = /\.(c|cc)$/.test(file)
      ? functionsOfC(text)
      : file.endsWith('.h')
        ? []
        : functionsOf(
            ts.createSourceFile(file, text, ts.ScriptTarget.Latest, false),
            ts.createSourceFile(file, text, ts.ScriptTarget.Latest, false),
          )
    for (const one of functions) {
      if (one.lines > functionLinesMax) {
        problems.push(
          `${file}:${one.line}: ${one.name} has ${one.lines} lines, at most ${functionLinesMax}`,
        )
      }
    }
  }
  if (/"resolved": "https?:/.test(readFileSync(join(root, 'package-lock.json'), 'utf8'))) {
    problems.push('package-lock.json: names a download host; write it anew with the project .npmrc')
  }
  return problems
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = checkTidy()
  for (const problem of problems) console.error(problem)
  process.exitCode = problems.length > 0 ? 1 : 0
}
