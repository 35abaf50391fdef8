/** A queue as REST presents it; who waits in it is not stored. */
export interface QueueRecord {
  readonly sid: string
  readonly accountSid: string
  friendlyName: string
  sizeMax: number
  readonly createdMs: number
  updatedMs: number
}

/** How a call has left its queue (contract 2C.2 Enqueue action). */
export type QueueResult =
  | ('bridged' | 'hangup' | 'leave' | 'redirected' | 'redirected-from-bridged')
  | ('queue-full' | 'error' | 'system-error')

/** Each write resolves when it is durable. */
export interface QueueStore {
  findQueue(accountSid: string, friendlyName: string): Promise<QueueRecord | undefined>
  countQueues(accountSid: string): Promise<number>
  insertQueue(queue: QueueRecord): Promise<void>
}
