/* Which addresses count as public. */
#include "feeds_support.h"

#include "feeds/web_private.h"

static const struct { const char *address; enum address_kind kind; } addresses[] = {
    { "127.0.0.1", ADDRESS_PRIVATE }, { "127.255.255.254", ADDRESS_PRIVATE }, { "10.0.0.1", ADDRESS_PRIVATE }, { "172.16.0.1", ADDRESS_PRIVATE },
    { "172.31.255.255", ADDRESS_PRIVATE }, { "172.32.0.1", ADDRESS_PUBLIC }, { "172.15.255.255", ADDRESS_PUBLIC }, { "192.168.1.1", ADDRESS_PRIVATE },
    { "192.169.1.1", ADDRESS_PUBLIC }, { "169.254.169.254", ADDRESS_PRIVATE }, { "100.64.0.1", ADDRESS_PRIVATE }, { "100.128.0.1", ADDRESS_PUBLIC },
    { "0.0.0.0", ADDRESS_NEVER }, { "0.1.2.3", ADDRESS_NEVER }, { "224.0.0.1", ADDRESS_NEVER }, { "255.255.255.255", ADDRESS_NEVER },
    { "8.8.8.8", ADDRESS_PUBLIC }, { "::1", ADDRESS_PRIVATE }, { "::", ADDRESS_NEVER }, { "fe80::1", ADDRESS_PRIVATE }, { "febf::1", ADDRESS_PRIVATE },
    { "fec0::1", ADDRESS_PRIVATE }, { "fc00::1", ADDRESS_PRIVATE }, { "fd12::1", ADDRESS_PRIVATE }, { "ff02::1", ADDRESS_NEVER },
    { "2001:4860:4860::8888", ADDRESS_PUBLIC }, { "::ffff:10.1.2.3", ADDRESS_PRIVATE }, { "::ffff:8.8.8.8", ADDRESS_PUBLIC },
    { "::ffff:0.0.0.0", ADDRESS_NEVER }, { "::10.1.2.3", ADDRESS_PRIVATE }, { "64:ff9b::7f00:1", ADDRESS_PRIVATE }, { "2002:7f00:1::", ADDRESS_PRIVATE },
    { "2002:808:808::", ADDRESS_PUBLIC },
};

START_TEST(address_kinds)
{
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
        struct sockaddr_in in = { .sin_family = AF_INET };
        int six = strchr(addresses[i].address, ':') != NULL;
        ck_assert_int_eq(inet_pton(six ? AF_INET6 : AF_INET, addresses[i].address, six ? (void *)&in6.sin6_addr : (void *)&in.sin_addr), 1);
        enum address_kind kind = address_kind(six ? (struct sockaddr *)&in6 : (struct sockaddr *)&in);
        ck_assert_msg(kind == addresses[i].kind, "%s is %d", addresses[i].address, (int)kind);
    }
    struct sockaddr local = { .sa_family = AF_UNIX };
    ck_assert_int_eq(address_kind(&local), ADDRESS_NEVER);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("addresses");
    tcase_set_timeout(cases, 5);
    tcase_add_test(cases, address_kinds);
    return run_suite("feeds: addresses", &cases, 1);
}
