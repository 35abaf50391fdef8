// Loaded into a process before its program: SIGUSR2 collects all garbage, so that what is left can be measured.
process.on('SIGUSR2', () => globalThis.gc())
