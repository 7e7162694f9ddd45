/* One value: from the text in the file to its field, or the words for what is allowed. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "daemon/config_keys.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define WORD "abcdefghijklmnopqrstuvwxyz" LETTERS "0123456789._-"

int config_is_word(const char *text)
{
    return text[0] != '\0' && text[0] != '.' && text[0] != '-' && text[strspn(text, WORD)] == '\0';
}

static int is_zone(const char *text)
{
    return text[0] != '\0' && text[0] != '/' && strstr(text, "..") == NULL && text[strspn(text, WORD "/+")] == '\0';
}

static int starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0 && text[strlen(with)] != '\0';
}

/* The place of `word` (of `len` bytes) among the blank-separated `choices`, -1 when it is not there. */
static int choice_at(const char *choices, const char *word, size_t len)
{
    for (int i = 0; *choices != '\0'; i++) {
        size_t n = strcspn(choices, " ");
        if (n == len && memcmp(choices, word, len) == 0)
            return i;
        choices += n + (choices[n] == ' ');
    }
    return -1;
}

static int is_closed(const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, " ");
        if (n > 0 && choice_at("mon tue wed thu fri sat sun holidays", text, n) < 0)
            return 0;
        text += n + strspn(text + n, " ");
    }
    return 1;
}

static int text_fits(const struct config_key *key, const char *value)
{
    char clean[256];
    text_clean(clean, sizeof clean, value, strlen(value));
    if (strcmp(clean, value) != 0)
        return 0;
    switch (key->type) {
    case CONFIG_WORD:
        return config_is_word(value);
    case CONFIG_CODE:
        return strlen(value) == (size_t)key->low && strspn(value, LETTERS) == strlen(value);
    case CONFIG_ZONE:
        return is_zone(value);
    case CONFIG_PATH:
        return value[0] != '\0';
    case CONFIG_URL:
        return starts(value, "http://") || starts(value, "https://");
    case CONFIG_LINE:
        return starts(value, "tcp:") || starts(value, "rtu:") || starts(value, "/");
    case CONFIG_CLOSED:
        return is_closed(value);
    case CONFIG_RULE:
        return energy_rule_parse(value, &(struct energy_policy){ 0 }) == 0;
    default:
        return 1;
    }
}

static int set_text(const struct config_key *key, char *at, const char *value)
{
    if (value == NULL) {
        at[0] = '\0';
        return 0;
    }
    return text_fits(key, value) && text_copy(at, key->size, value) == 0 ? 0 : -EINVAL;
}

static int set_real(const struct config_key *key, void *at, const char *value)
{
    double x = NAN;
    if (value != NULL && (text_double(value, &x) != 0 || x < key->low || x > key->high))
        return -EINVAL;
    memcpy(at, &x, sizeof x);
    return 0;
}

static int set_whole(const struct config_key *key, void *at, const char *value)
{
    int64_t x = -1;
    int rc = value == NULL ? 0 : key->type == CONFIG_INT ? text_int(value, (int64_t)key->low, (int64_t)key->high, &x) : text_duration_s(value, &x);
    if (rc != 0 || (value != NULL && ((double)x < key->low || (double)x > key->high)))
        return -EINVAL;
    double as_real = (double)x;
    memcpy(at, key->type == CONFIG_AGE ? (const void *)&as_real : (const void *)&x, sizeof x);
    return 0;
}

static int set_small(const struct config_key *key, void *at, const char *value)
{
    int x = -1;
    if (value != NULL && key->type == CONFIG_BOOL && text_bool(value, &x) != 0)
        return -EINVAL;
    if (value != NULL && key->type == CONFIG_CHOICE && (x = choice_at(key->choices, value, strlen(value))) < 0)
        return -EINVAL;
    memcpy(at, &x, sizeof x);
    return 0;
}

int config_key_set(const struct config_key *key, void *base, const char *value)
{
    void *at = (char *)base + key->offset;
    if (value == NULL)
        value = key->fallback;
    switch (key->type) {
    case CONFIG_REAL:
        return set_real(key, at, value);
    case CONFIG_INT:
    case CONFIG_SECONDS:
    case CONFIG_AGE:
        return set_whole(key, at, value);
    case CONFIG_BOOL:
    case CONFIG_CHOICE:
        return set_small(key, at, value);
    default:
        return set_text(key, at, value);
    }
}

void config_section_default(const char *section, void *base)
{
    for (size_t i = 0; i < config_keys_n; i++)
        if (strcmp(config_keys[i].section, section) == 0)
            config_key_set(&config_keys[i], base, NULL);
}

/* 90 s as "90s", 3600 as "1h": the largest unit that divides it. */
static void duration(double s, char *ret, size_t size)
{
    static const struct { double s; char unit; } units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
    size_t i = 0;
    while (i < 3 && fmod(s, units[i].s) != 0)
        i++;
    snprintf(ret, size, "%.0f%c", s / units[i].s, units[i].unit);
}

void config_key_range(const struct config_key *key, char *ret, size_t size)
{
    char low[24], high[24];
    switch (key->type) {
    case CONFIG_REAL:
    case CONFIG_INT:
        snprintf(ret, size, "%g..%g%s%s", key->low, key->high, key->unit[0] ? " " : "", key->unit);
        return;
    case CONFIG_SECONDS:
    case CONFIG_AGE:
        duration(key->low, low, sizeof low);
        duration(key->high, high, sizeof high);
        snprintf(ret, size, "a duration %s..%s", low, high);
        return;
    case CONFIG_BOOL:
        snprintf(ret, size, "yes or no");
        return;
    case CONFIG_CHOICE:
        snprintf(ret, size, "one of: %s", key->choices);
        return;
    case CONFIG_WORD:
        snprintf(ret, size, "at most %u letters, digits, . _ -", key->size - 1);
        return;
    case CONFIG_CODE:
        snprintf(ret, size, "%.0f capital letters", key->low);
        return;
    case CONFIG_ZONE:
        snprintf(ret, size, "an IANA zone name");
        return;
    case CONFIG_URL:
        snprintf(ret, size, "http:// or https:// and at most %u bytes", key->size - 1);
        return;
    case CONFIG_LINE:
        snprintf(ret, size, "rtu:DEVICE:BAUD:8N1, tcp:ADDRESS:PORT or a device path");
        return;
    case CONFIG_RULE:
        snprintf(ret, size, "refill, soc:START,STOP (percent), noon, throttled or none");
        return;
    case CONFIG_CLOSED:
        snprintf(ret, size, "words of: mon tue wed thu fri sat sun holidays");
        return;
    default:
        snprintf(ret, size, "%s of at most %u bytes", key->type == CONFIG_PATH ? "a path" : "text", key->size - 1);
    }
}
