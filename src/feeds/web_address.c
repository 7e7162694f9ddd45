/* Which addresses a feed may reach. Judged after the name was resolved, because names and odd spellings of numbers hide addresses. */
#include <netinet/in.h>
#include <string.h>

#include "feeds/web_private.h"

struct block4 { uint32_t net; int bits; enum address_kind kind; };
static const struct block4 blocks4[] = {
    { 0x7F000000, 8, ADDRESS_PRIVATE },      /* loopback */
    { 0x0A000000, 8, ADDRESS_PRIVATE },
    { 0xAC100000, 12, ADDRESS_PRIVATE },
    { 0xC0A80000, 16, ADDRESS_PRIVATE },
    { 0xA9FE0000, 16, ADDRESS_PRIVATE },     /* link-local */
    { 0x64400000, 10, ADDRESS_PRIVATE },     /* shared by carriers */
    { 0xC6120000, 15, ADDRESS_PRIVATE },     /* benchmarks */
    { 0xC0000000, 24, ADDRESS_NEVER },       /* protocol assignments */
    { 0x00000000, 8, ADDRESS_NEVER },        /* unspecified, "this network" */
    { 0xE0000000, 4, ADDRESS_NEVER },        /* multicast */
    { 0xF0000000, 4, ADDRESS_NEVER },        /* reserved, broadcast */
};

static enum address_kind kind4(uint32_t ip)
{
    for (size_t i = 0; i < sizeof blocks4 / sizeof blocks4[0]; i++)
        if ((ip ^ blocks4[i].net) >> (32 - blocks4[i].bits) == 0)
            return blocks4[i].kind;
    return ADDRESS_PUBLIC;
}

static uint32_t embedded4(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* IPv4 inside IPv6 counts as what it is: mapped, compatible, 6to4 and NAT64. */
static enum address_kind kind6(const unsigned char *b)
{
    static const unsigned char zero[16], mapped[12] = { [10] = 0xFF, [11] = 0xFF }, nat64[12] = { 0x00, 0x64, 0xFF, 0x9B };
    if (memcmp(b, zero, 15) == 0)
        return b[15] == 1 ? ADDRESS_PRIVATE : ADDRESS_NEVER;
    if (memcmp(b, mapped, 12) == 0 || memcmp(b, zero, 12) == 0 || memcmp(b, nat64, 12) == 0)
        return kind4(embedded4(b + 12));
    if (b[0] == 0x20 && b[1] == 0x02)
        return kind4(embedded4(b + 2));
    if (b[0] == 0xFF)
        return ADDRESS_NEVER;
    if (b[0] == 0xFE && (b[1] & 0x80) != 0)  /* fe80::/10 link-local, fec0::/10 site-local */
        return ADDRESS_PRIVATE;
    return (b[0] & 0xFE) == 0xFC ? ADDRESS_PRIVATE : ADDRESS_PUBLIC;
}

enum address_kind address_kind(const struct sockaddr *address)
{
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    if (address->sa_family == AF_INET) {
        memcpy(&in, address, sizeof in);
        return kind4(ntohl(in.sin_addr.s_addr));
    }
    if (address->sa_family != AF_INET6)
        return ADDRESS_NEVER;
    memcpy(&in6, address, sizeof in6);
    return kind6(in6.sin6_addr.s6_addr);
}
