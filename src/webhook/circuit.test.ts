import { describe, expect, test } from 'vitest'
import { Circuit, normalLimits, type Outcome } from './circuit.js'

const { failuresInRowMax, pauseMs, pauseMsMax, windowMin, windowMs } = normalLimits

function tell(circuit: Circuit, outcome: Outcome, nowMs: number, times = 1): void {
  for (let time = 0; time < times; time++) {
    const admission = circuit.admit(nowMs)
    if (!admission) throw new Error('not admitted')
    circuit.ended(admission, outcome, nowMs)
  }
}

function opened(): Circuit {
  const circuit = new Circuit()
  tell(circuit, 'failed', 0, failuresInRowMax)
  return circuit
}

describe('a circuit', () => {
  test('opens after so many failures in a row', () => {
    const circuit = new Circuit()
    tell(circuit, 'failed', 0, failuresInRowMax - 1)
    expect(circuit.isOpen).toBe(false)
    tell(circuit, 'failed', 0)
    expect(circuit.isOpen).toBe(true)
    expect(circuit.admit(pauseMs - 1)).toBeUndefined()
  })

  test('stays closed when answers come between, unless the share of failures is high', () => {
    const circuit = new Circuit()
    for (let round = 0; round < 100; round++) {
      tell(circuit, 'answered', round * windowMs, 3)
      tell(circuit, 'failed', round * windowMs, 2)
    }
    expect(circuit.isOpen).toBe(false)
    const nowMs = 100 * windowMs
    for (let outcome = 0; outcome < windowMin; outcome++) {
      if (!circuit.isOpen) tell(circuit, outcome % 2 === 0 ? 'answered' : 'failed', nowMs)
    }
    expect(circuit.isOpen).toBe(true)
  })

  test('what we gave up ourselves counts for nothing', () => {
    const circuit = new Circuit()
    tell(circuit, 'failed', 0, failuresInRowMax - 1)
    tell(circuit, 'unknown', 0, 100)
    expect(circuit.isOpen).toBe(false)
    tell(circuit, 'failed', 0)
    expect(circuit.isOpen).toBe(true)
  })

  test('lets one probe through after the pause, and closes when that is answered', () => {
    const circuit = opened()
    expect(circuit.admit(pauseMs)).toBe('probe')
    expect(circuit.admit(pauseMs)).toBeUndefined()
    circuit.ended('probe', 'answered', pauseMs)
    expect(circuit.isOpen).toBe(false)
    expect([circuit.admit(pauseMs), circuit.admit(pauseMs)]).toEqual(['request', 'request'])
  })

  test('pauses twice as long after each probe that failed, up to a limit', () => {
    const circuit = opened()
    let nowMs = 0
    let pause = pauseMs
    for (let probe = 0; probe < 6; probe++) {
      nowMs += pause
      expect(circuit.admit(nowMs - 1)).toBeUndefined()
      tell(circuit, 'failed', nowMs)
      pause = Math.min(2 * pause, pauseMsMax)
    }
    expect(pause).toBe(pauseMsMax)
    tell(circuit, 'answered', nowMs + pause)
    // As new.
    tell(circuit, 'failed', nowMs + pause, failuresInRowMax)
    expect(circuit.admit(nowMs + pause + pauseMs)).toBe('probe')
  })

  test('a probe that was given up makes room for another', () => {
    const circuit = opened()
    tell(circuit, 'unknown', pauseMs)
    expect(circuit.admit(pauseMs)).toBe('probe')
  })

  test('requests that were on the way when it opened end no probe', () => {
    const circuit = opened()
    expect(circuit.admit(pauseMs)).toBe('probe')
    circuit.ended('request', 'failed', pauseMs)
    expect(circuit.admit(pauseMs)).toBeUndefined()
    circuit.ended('request', 'answered', pauseMs)
    expect(circuit.isOpen).toBe(false)
  })
})
