import type Router from 'koa-router'
import type { ApiParts } from './api-parts.js'
import { addSipCredentials } from './sip-credentials.js'
import { addSipDomains } from './sip-domains.js'
import { addSipIpAddresses } from './sip-ip-addresses.js'
import { addSipLists } from './sip-lists.js'
import { addSipMappings } from './sip-mappings.js'

/** All below `/SIP`. A change is in effect when it is answered. */
export function addSip(router: Router, parts: ApiParts): void {
  addSipDomains(router, parts)
  addSipMappings(router, parts)
  addSipLists(router, parts)
  addSipCredentials(router, parts)
  addSipIpAddresses(router, parts)
}
