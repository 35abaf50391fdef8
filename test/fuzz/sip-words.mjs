// What the peer of a fuzzed session is made of.

export const sdp =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n' +
  'm=audio 4000 RTP/AVP 0 96 101\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\n' +
  'a=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\na=sendrecv\r\n'

export const bodies = [
  sdp,
  'v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 31\r\nm=audio 9 RTP/AVP 8\r\nc=IN IP6 ::1\r\n',
  'v=0\no=- 1 2 IN IP4 0.0.0.0\ns=-\nc=IN IP4 0.0.0.0\nt=0 0\nm=audio 4000 RTP/AVP 0\na=inactive\n',
  `v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/SAVP 0\r\n` +
    `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${'A'.repeat(40)}|2^20\r\na=rtcp-mux\r\na=extmap:1 urn:x\r\n`,
  'Signal=5\r\n',
]

export const methods = [
  ...['INVITE', 'INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'INFO', 'REGISTER', 'PRACK', 'UPDATE'],
  ...['MESSAGE', 'REFER', 'NOTIFY', 'SUBSCRIBE', 'NOPE'],
]

export const uris = [
  '<sip:alice@192.0.2.9>',
  'sip:alice@192.0.2.9',
  'sip:+15550100@192.0.2.9;user=phone',
  '<sip:peer@192.0.2.1:5062;transport=tcp>',
  '<sip:peer@example.com>',
  'sips:peer@[2001:db8::1]:5061',
  'tel:+1555',
  '*',
]

export const abilities = [
  [],
  ['Require: 100rel'],
  ['Require: 100rel, nothing'],
  ['Supported: 100rel, timer', 'Session-Expires: 120;refresher=uas', 'Allow: UPDATE'],
  ['k: timer', 'x: 100;refresher=uac'],
  ['Supported: timer', 'Session-Expires: 1'],
  ['Record-Route: <sip:192.0.2.3;lr>, <sip:strict.example.com>'],
  ['Authorization: Digest username="a", realm="test", nonce="b", uri="sip:x", response="c"'],
  ['Path: <sip:192.0.2.4;lr>', 'Supported: path, outbound', 'Expires: 100'],
  ['Expires: 0'],
  ['Refer-To: <sip:carol@example.com>', 'Referred-By: <sip:peer@example.com>'],
  ['r: tel:+15550123', 'Refer-Sub: false'],
  ['Refer-To: <sip:c@192.0.2.9?Replaces=call%3Bto-tag%3Da%3Bfrom-tag%3Db>', 'Require: norefersub'],
  ['Event: refer', 'Subscription-State: active;expires=60', 'Content-Type: message/sipfrag'],
  ['o: refer;id=2', 'Subscription-State: terminated;reason=noresource'],
  ['Event: message-summary', 'Expires: 100', 'Accept: application/simple-message-summary'],
  ['Event: message-summary', 'Expires: 0'],
]

export const answers = [
  [],
  ['Require: 100rel', 'RSeq: 1'],
  ['Require: 100rel', 'RSeq: 2'],
  ['Session-Expires: 60;refresher=uac', 'Allow: UPDATE'],
  ['Session-Expires: 60;refresher=uas'],
  ['Min-SE: 4000'],
  ['WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"'],
  ['Record-Route: <sip:192.0.2.3;lr>'],
  ['Contact: <sip:me@192.0.2.9>;expires=90', 'Service-Route: <sip:192.0.2.5;lr>'],
  ['Min-Expires: 200', 'Expires: 60'],
]

export const statuses = [
  100, 180, 183, 200, 202, 302, 401, 407, 408, 422, 423, 481, 486, 491, 503, 699,
]

export function commandsFor(legId, description) {
  const from = { uri: 'sip:a@192.0.2.9' }
  const credentials = { username: 'u', password: 'p' }
  const invite = { type: 'invite', legId, target: 'sip:b@192.0.2.1', from, sdp: description }
  return [
    invite,
    { ...invite, target: 'sip:b@example.com', credentials },
    { ...invite, routes: ['<sip:192.0.2.7;lr>'], sdp: description.repeat(6) },
    { type: 'progress', legId, status: 180 },
    { type: 'progress', legId, status: 183, sdp: description },
    { type: 'accept', legId, sdp: description },
    { type: 'accept', legId, sdp: description },
    { type: 'reject', legId, status: 600 },
    { type: 'reoffer', legId, sdp: description },
    { type: 'answerReoffer', legId, sdp: description },
    { type: 'answerReoffer', legId },
    { type: 'info', legId, contentType: 'a/b', body: 'x' },
    { type: 'refer', legId, target: 'sip:carol@example.com' },
    { type: 'hangUp', legId },
  ]
}

/** What happens outside of calls; `referId` and `messageId` are of the peer's last ones. */
export function outsideCommandsFor({ legId, referId, messageId, status }) {
  const credentials = { username: 'u', password: 'p' }
  const register = {
    type: 'register',
    registrationId: 'r',
    registrar: 'sip:example.com',
    addressOfRecord: 'sip:us@example.com',
    contactUser: 'us',
    instanceId: 'urn:uuid:00000000-0000-0000-0000-000000000000',
    expiresS: 300,
  }
  const message = {
    type: 'sendMessage',
    messageId: 'm',
    target: 'sip:b@192.0.2.1',
    from: { uri: 'sip:a@192.0.2.9' },
    contentType: 'text/plain',
    body: Buffer.from('hello'),
  }
  const summary = { newMessages: 1, oldMessages: 2 }
  return [
    { type: 'answerRefer', legId, referId, status: 202 },
    { type: 'answerRefer', legId, referId, status },
    { type: 'reportRefer', legId, referId, status },
    { type: 'answerMessage', messageId, status },
    message,
    { ...message, target: 'sip:b@example.com', credentials },
    { type: 'messageSummary', addressOfRecord: 'alice@test', summary },
    { type: 'unbind', addressOfRecord: 'alice@test' },
    { type: 'probe', probeId: 'p', target: 'sip:192.0.2.1' },
    register,
    { ...register, credentials, registrationId: 'q', proxy: 'sip:192.0.2.6;lr' },
    { type: 'unregister', registrationId: 'r' },
  ]
}
