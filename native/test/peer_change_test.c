#include "codecs.h"
#include "../core/bytes.h"
#include "../core/plane.h"
#include "../core/records.h"
#include "../core/rtp.h"
#include "idle_host.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

/* Another party takes the place of the peer, which sends on: who is believed, and who is sent to.
 */
enum { ANNOUNCED = 4000, BEHIND_NAT = 5000, OLD_SSRC = 9, NEW_SSRC = 10 };

struct world {
    struct plane *plane;
    uint64_t now_ms;
    uint16_t last_to, sequence;
};

static void on_send(
    void *context, uint32_t endpoint_id, bool rtcp, const struct address *to, const uint8_t *packet,
    uint32_t bytes) {
    (void)endpoint_id, (void)packet, (void)bytes;
    if (!rtcp)
        ((struct world *)context)->last_to = to->port;
}

static void configure(struct world *world, uint16_t port, uint32_t peer) {
    uint8_t record[128];
    uint32_t fields[15] = {
        1, 1, 101u << 16 | 3u << 24, 20u | 4u << 16 | 1u << 24, port | peer << 16, 0x0100007F};
    fields[9] = 77;
    fields[11] = fields[12] = 8000;
    uint32_t bytes = record_write(record, COMMAND_CONFIGURE, 0, fields, 15);
    plane_commands(world->plane, record, bytes, world->now_ms);
}

/* Whether a packet is taken; then where the next one of ours goes to is known too. */
static bool takes(struct world *world, uint16_t port, uint32_t ssrc) {
    struct plane_counts before, after;
    uint8_t packet[RTP_HEADER_BYTES + 160] = {0};
    struct address from = {4, port, {127, 0, 0, 1}};
    uint16_t number = ++world->sequence;
    rtp_write_header(packet, 0, false, number, number * 160u, ssrc);
    plane_counts(world->plane, &before);
    plane_receive(world->plane, 1, false, &from, packet, sizeof packet, world->now_ms);
    plane_counts(world->plane, &after);
    world->now_ms += 20;
    plane_tick(world->plane, world->now_ms);
    return after.packets_received == before.packets_received + 1;
}

static struct plane_host host_of(struct world *world) {
    struct plane_host host = idle_host(world);
    host.send = on_send;
    return host;
}

static void start(struct world *world) {
    struct plane_config config = {.endpoints_max = 2, .codecs = codecs, .host = host_of(world)};
    *world = (struct world){0};
    world->plane = plane_init(calloc(1, (size_t)plane_size(&config)), &config, 0);
    plane_open(world->plane, 1, 0);
    configure(world, ANNOUNCED, 0);
}

static void test_the_old_one_sends_on(void) {
    struct world world;
    start(&world);
    CHECK(takes(&world, BEHIND_NAT, OLD_SSRC) && world.last_to == BEHIND_NAT);
    configure(&world, 6000, 1);
    CHECK(!takes(&world, BEHIND_NAT, OLD_SSRC) && world.last_to == 6000);
    CHECK(!takes(&world, BEHIND_NAT, NEW_SSRC)); /* from there, under any name */
    CHECK(!takes(&world, ANNOUNCED, NEW_SSRC));
    CHECK(!takes(&world, 7000, OLD_SSRC)); /* by that name, from anywhere */
    CHECK(takes(&world, 6001, NEW_SSRC) && world.last_to == 6001);
    CHECK(!takes(&world, BEHIND_NAT, OLD_SSRC) && world.last_to == 6001);
    configure(&world, 6000, 1); /* the same peer: nothing has changed */
    CHECK(takes(&world, 6001, NEW_SSRC) && world.last_to == 6001);
    CHECK(!takes(&world, BEHIND_NAT, OLD_SSRC));
    configure(&world, ANNOUNCED, 2); /* and back again */
    CHECK(!takes(&world, 6001, NEW_SSRC));
    CHECK(takes(&world, BEHIND_NAT, OLD_SSRC) && world.last_to == BEHIND_NAT);
    free(world.plane);
}

/* Behind the same relay of media both have one address, and perhaps one SSRC. */
static void test_the_new_one_is_where_the_old_one_was(void) {
    struct world world;
    start(&world);
    CHECK(takes(&world, ANNOUNCED, OLD_SSRC));
    configure(&world, ANNOUNCED, 1);
    CHECK(takes(&world, ANNOUNCED, NEW_SSRC) && takes(&world, ANNOUNCED, OLD_SSRC));
    CHECK(!takes(&world, 7000, OLD_SSRC));
    free(world.plane);
}

/* Without a change of the peer the first packet decides, even when the address is another one. */
static void test_the_same_peer_moves(void) {
    struct world world;
    start(&world);
    CHECK(takes(&world, BEHIND_NAT, OLD_SSRC));
    configure(&world, 6000, 0);
    CHECK(takes(&world, BEHIND_NAT, OLD_SSRC) && world.last_to == BEHIND_NAT);
    free(world.plane);
}

void test_peer_change(void) {
    test_the_old_one_sends_on();
    test_the_new_one_is_where_the_old_one_was();
    test_the_same_peer_moves();
}
