const queues = new WeakMap<object, Promise<unknown>>()

/**
 * Names of SIP Domains and of customers' trunks are in two tables: their writes come one after another, so that no
 * name is in both.
 */
export function oneNameAtATime(store: object, write: () => Promise<void>): Promise<void> {
  const done = (queues.get(store) ?? Promise.resolve()).then(write)
  queues.set(
    store,
    done.catch(() => {}),
  )
  return done
}
