import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { engineOpeners, type SqliteEngine } from './engine.js'

const folder = mkdtempSync(join(tmpdir(), 'dialplane-engine-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** One suite for every library that can be opened here. */
describe.each(Object.entries(engineOpeners))('%s', (name, open) => {
  const path = join(folder, `${name.replace(/\W/g, '-')}.db`)
  let engine: SqliteEngine
  try {
    engine = open(path)
  } catch {
    // Node before 22 has no node:sqlite, and no machine need have a compiler: not every library is there.
    it.skip(`is not available on Node ${process.version}`, () => {})
    return
  }

  it('stores text, numbers beyond 32 bits and null', () => {
    engine.run('CREATE TABLE t (a TEXT, b BIGINT, c TEXT)')
    engine.run('INSERT INTO t VALUES (?, ?, ?)', ['ä😀', 1_795_396_013_176, null])
    expect(engine.all('SELECT * FROM t', [])).toEqual([{ a: 'ä😀', b: 1_795_396_013_176, c: null }])
  })

  it('rolls back to a savepoint', () => {
    engine.run('BEGIN IMMEDIATE')
    engine.run('SAVEPOINT batch')
    engine.run('DELETE FROM t')
    engine.run('ROLLBACK TO batch')
    engine.run('RELEASE batch')
    engine.run('COMMIT')
    expect(engine.all('SELECT a FROM t WHERE b > ?', [5])).toHaveLength(1)
  })

  it('reports a bad statement and closes', () => {
    expect(() => engine.run('INSERT INTO nowhere VALUES (1)')).toThrow(/nowhere/)
    engine.close()
    expect(existsSync(path)).toBe(true)
  })
})
