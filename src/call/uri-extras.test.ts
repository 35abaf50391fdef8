import { describe, expect, it } from 'vitest'
import { takeExtras } from './uri-extras.js'

describe('what a SIP URI asks for beyond where to call', () => {
  it.each([
    ['sip:a@b', { target: 'sip:a@b', isMediaSecure: false, headers: [] }],
    [
      'sip:a@b;secure=true;transport=tls',
      { target: 'sip:a@b;transport=tls', isMediaSecure: true, headers: [] },
    ],
    [
      'sip:a@b;transport=tls;secure=false',
      { target: 'sip:a@b;transport=tls', isMediaSecure: false },
    ],
    ['sip:a@b;secure=truely', { target: 'sip:a@b;secure=truely', isMediaSecure: false }],
    [
      'sip:a@b?X-Id=1%202&x-other=&Via=evil&User-to-User=56',
      {
        target: 'sip:a@b',
        headers: [
          { name: 'X-Id', value: '1 2' },
          { name: 'User-to-User', value: '56' },
        ],
      },
    ],
    ['sip:a@b?X-Id=1%0d%0aVia:%20x&X-Bad=%zz', { target: 'sip:a@b', headers: [] }],
    [
      'sip:a@b?Replaces=c%3Bto-tag%3D1%3Bfrom-tag%3D2',
      {
        headers: [
          { name: 'Replaces', value: 'c;to-tag=1;from-tag=2' },
          { name: 'Require', value: 'replaces' },
        ],
      },
    ],
  ])('%s', (uri, extras) => expect(takeExtras(uri)).toMatchObject(extras))
})
