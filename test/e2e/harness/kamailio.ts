import { existsSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from './eventually.js'
import { freePort } from './ports.js'
import { runPeer, startPeer } from './processes.js'

/**
 * Kamailio: a registrar in memory with digest, and a record-routing proxy. A user that is registered is
 * called at its Contacts; +1555020… stands for the only user; +1555030 and five digits for that port, after
 * digest; any other number goes to the host of its Request-URI.
 */
export interface Kamailio {
  readonly port: number
  /** What it wrote; a line `within METHOD` for each request within a dialog that it passed on. */
  output(): string
  /** Contacts of all users. */
  contacts(): Promise<readonly string[]>
  /** Ends it, and removes its folder. */
  close(): Promise<void>
}

export interface KamailioOptions {
  readonly username: string
  readonly password: string
  /** Of its challenges, and the only one that it takes. */
  readonly algorithm: 'MD5' | 'SHA-256'
}

export async function startKamailio(options: KamailioOptions): Promise<Kamailio> {
  const directory = await mkdtemp(join(tmpdir(), 'dialplane-kamailio-'))
  const port = await freePort()
  const control = join(directory, 'control')
  const file = join(directory, 'kamailio.cfg')
  writeFileSync(file, configuration(port, control, options))
  const peer = startPeer(
    'kamailio',
    ['-DD', '-E', '-f', file, '-Y', directory, '-w', directory, '-m', '32', '-M', '4'],
    { cwd: directory, secondsMax: 240 },
  )
  const ask = (...words: string[]) =>
    runPeer('kamcmd', ['-s', `unix:${control}`, ...words], { secondsMax: 10 })
  const isUp = async () =>
    (existsSync(control) && (await ask('core.uptime')).code === 0) || undefined
  await eventually('kamailio to be up', isUp).catch(async (error) => {
    await peer.kill()
    await rm(directory, { recursive: true, force: true })
    throw new Error(`${error.message}\n${peer.output()}`)
  })
  return {
    port,
    output: peer.output,
    async contacts() {
      const { output } = await ask('ul.dump')
      return [...output.matchAll(/Address: (\S+)/g)].map(([, contact = '']) => contact)
    },
    async close() {
      // Its main process waits for the others.
      await peer.interrupt()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function configuration(
  port: number,
  control: string,
  { username, password, algorithm }: KamailioOptions,
): string {
  const modules = 'tm sl rr pv maxfwd textops siputils xlog usrloc registrar auth ctl'
  return `
debug=2
log_stderror=yes
children=2
tcp_children=1
auto_aliases=no
listen=udp:127.0.0.1:${port}
listen=tcp:127.0.0.1:${port}
${modules
  .split(' ')
  .map((name) => `loadmodule "${name}.so"`)
  .join('\n')}
modparam("ctl", "binrpc", "unix:${control}")
modparam("usrloc", "db_mode", 0)
modparam("auth", "nonce_expire", 30)
modparam("auth", "algorithm", "${algorithm}")
modparam("registrar", "min_expires", 60)

request_route {
  if (!mf_process_maxfwd_header("10")) {
    sl_send_reply("483", "Too Many Hops");
    exit;
  }
  if (has_totag()) {
    if (loose_route()) {
      xlog("L_NOTICE", "within $rm\\n");
      t_relay();
    } else if (is_method("ACK")) {
      if (t_check_trans()) t_relay();
    } else sl_send_reply("404", "Not Here");
    exit;
  }
  if (is_method("CANCEL")) {
    if (t_check_trans()) t_relay();
    exit;
  }
  if (is_method("REGISTER")) {
    if (!pv_www_authenticate("$td", "${password}", "0") || $au != "${username}") {
      auth_challenge("$td", "0");
      exit;
    }
    save("location");
    exit;
  }
  if (is_method("OPTIONS") && uri==myself) {
    sl_send_reply("200", "OK");
    exit;
  }
  if (!is_method("INVITE")) {
    sl_send_reply("405", "Method Not Allowed");
    exit;
  }
  record_route();
  if ($rU =~ "^[+]1555030") {
    if (!pv_proxy_authenticate("carrier", "${password}", "0")) {
      auth_challenge("carrier", "4");
      exit;
    }
    consume_credentials();
    $du = "sip:127.0.0.1:" + $(rU{s.substr,8,5});
  } else if (uri==myself) {
    if ($rU =~ "^[+]1555020") $rU = "${username}";
    if (!lookup("location")) {
      sl_send_reply("404", "Not Registered");
      exit;
    }
  }
  t_relay();
}
`
}
