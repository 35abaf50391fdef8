import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Most of the long tests wait for the network: more of them than cores may run at once.
    maxWorkers: 3,
    reporters: ['default'],
  },
})
