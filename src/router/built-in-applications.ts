import type { CallRecord } from '../call/call-record.js'
import type { ProgramStart } from '../call/ports.js'
import type { ProgramPorts } from '../verbs/run.js'
import type { Parameters } from '../webhook/signature.js'

/** Answers with a document, as an application over HTTP does; it gets what verbs tell, like Digits. */
export type BuiltInApplication = (call: CallRecord, parameters: Parameters) => Promise<string>

type BuiltInName = (ProgramStart & { readonly type: 'builtIn' })['application']

export type BuiltInApplications = { readonly [name in BuiltInName]: BuiltInApplication }

/** The URL of its documents: what they name without one of their own leads back to it. */
export const builtInUrl = (name: BuiltInName): string => `dialplane:${name}`

/**
 * The ports of a program whose application is part of the router. It is asked in this process: no
 * request is sent, logged or stored, and what was keyed does not reach the disk with a snapshot.
 */
export function builtInPorts(
  ports: ProgramPorts,
  call: CallRecord,
  name: BuiltInName,
  applications: BuiltInApplications,
): ProgramPorts {
  return {
    ...ports,
    async fetchDocument({ parameters }) {
      const body = await applications[name](call, parameters)
      return { url: builtInUrl(name), contentType: 'text/xml', body }
    },
    checkpoint: async () => {},
    save: () => {},
  }
}
