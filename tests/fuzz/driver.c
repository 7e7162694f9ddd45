/* Runs a fuzz target without a fuzzer: every file of the folders given, then with `-n N -s SEED` N mutations of them, the same ones each time.
 * A crash, an abort or ten seconds without an answer leaves the input in ./fuzz-crash and names it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/random.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

enum { INPUTS_MAX = 4096, INPUT_MAX = 1 << 20, MUTANT_MAX = 1 << 16, SECONDS_MAX = 10 };

struct input { char *data; size_t len; };
struct corpus { struct input input[INPUTS_MAX]; size_t n; };

static const uint8_t *running;         /* for the crash report only */
static size_t running_len;
static char running_name[300];

static void dump(void)
{
    int fd = open("fuzz-crash", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, running, running_len) < 0)
        return;
    close(fd);
    static const char text[] = "fuzz: input left in fuzz-crash: ";
    if (write(2, text, sizeof text - 1) < 0 || write(2, running_name, strlen(running_name)) < 0 || write(2, "\n", 1) < 0)
        return;
}

static void on_signal(int number)
{
    dump();
    signal(number, SIG_DFL);
    raise(number);
}

static void watch(void)
{
    static const int signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM };
    if (__sanitizer_set_death_callback != NULL)
        __sanitizer_set_death_callback(dump);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (__sanitizer_set_death_callback == NULL || signals[i] == SIGABRT || signals[i] == SIGALRM)
            signal(signals[i], on_signal);
}

/* An exact copy, so that a read behind the end is seen. */
static void run(const char *data, size_t len, const char *name)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len);
    if (copy == NULL)
        exit(2);
    memcpy(copy, data, len);
    snprintf(running_name, sizeof running_name, "%s", name);
    running = copy;
    running_len = len;
    alarm(SECONDS_MAX);
    LLVMFuzzerTestOneInput(copy, len);
    alarm(0);
    free(copy);
}

static void add_file(struct corpus *c, const char *path)
{
    struct gnm_why why = { 0 };
    if (c->n == INPUTS_MAX)
        return;
    if (file_read(path, INPUT_MAX, &c->input[c->n].data, &c->input[c->n].len, &why) < 0) {
        fprintf(stderr, "fuzz: %s\n", why.text);
        exit(2);
    }
    run(c->input[c->n].data, c->input[c->n].len, path);
    c->n++;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* In name order, so that mutation N is the same everywhere. */
static void add(struct corpus *c, const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
        add_file(c, path);
        return;
    }
    struct dirent **entry;
    int n = scandir(path, &entry, visible, alphasort);
    for (int i = 0; i < n; i++) {
        char file[1024];
        snprintf(file, sizeof file, "%s/%s", path, entry[i]->d_name);
        add_file(c, file);
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
}

static const char *const words[] = { "\xEF\xBB\xBF", "1e999", "\r\n", "\"", "\\u0000", "-", "0", "9223372036854775808", "[[[[[[[[", "{\"a\":", ";", " ;",
    "2026-02-30", "=", "\n ", "nan", "\xFF\xFF\xFF\xFF", "~1", "TZif2", ",M3.5.0" };

static size_t insert(char *data, size_t len, size_t at, const char *piece, size_t n)
{
    if (n > MUTANT_MAX - len)
        return len;
    memmove(data + at + n, data + at, len - at);
    memmove(data + at, piece, n);
    return len + n;
}

/* One change: a byte, a bit, a word put in, a piece taken out, a piece of another input put in, the end cut off. */
static size_t mutate(struct random *r, const struct corpus *c, char *data, size_t len)
{
    size_t at = (size_t)random_below(r, len + 1);
    const char *word = words[random_below(r, sizeof words / sizeof words[0])];
    const struct input *other = &c->input[random_below(r, c->n)];
    switch (random_below(r, 6)) {
    case 0:
        if (at < len)
            data[at] = (char)random_u64(r);
        return len;
    case 1:
        if (at < len)
            data[at] = (char)(data[at] ^ 1 << random_below(r, 8));
        return len;
    case 2:
        return insert(data, len, at, word, strlen(word));
    case 3: {
        size_t n = (size_t)random_below(r, len - at + 1);
        memmove(data + at, data + at + n, len - at - n);
        return len - n;
    }
    case 4: {
        size_t from = (size_t)random_below(r, other->len + 1), n = (size_t)random_below(r, other->len - from + 1);
        return insert(data, len, at, other->data + from, n);
    }
    default:
        return random_below(r, 4) == 0 ? at : len;
    }
}

static void mutants(const struct corpus *c, long count, uint64_t seed)
{
    static char data[MUTANT_MAX];
    for (long i = 0; i < count; i++) {
        struct random r;
        random_seed(&r, seed * UINT64_C(1000003) + (uint64_t)i);
        const struct input *from = &c->input[random_below(&r, c->n)];
        size_t len = from->len < MUTANT_MAX / 2 ? from->len : MUTANT_MAX / 2;
        memcpy(data, from->data, len);
        for (uint64_t k = 1 + random_below(&r, 8); k > 0; k--)
            len = mutate(&r, c, data, len);
        char name[64];
        snprintf(name, sizeof name, "mutation %ld of seed %llu", i, (unsigned long long)seed);
        run(data, len, name);
    }
}

int main(int argc, char **argv)
{
    long count = 0;
    uint64_t seed = 1;
    for (int option; (option = getopt(argc, argv, "n:s:")) != -1; ) {
        if (option == '?')
            return 64;
        *(option == 'n' ? &count : (long *)&seed) = strtol(optarg, NULL, 10);
    }
    struct corpus *c = calloc(1, sizeof *c);
    if (c == NULL || optind == argc) {
        fprintf(stderr, "usage: %s [-n mutations] [-s seed] file-or-folder...\n", argv[0]);
        return 64;
    }
    watch();
    for (int i = optind; i < argc; i++)
        add(c, argv[i]);
    if (c->n == 0)
        add_file(c, "/dev/null");
    mutants(c, c->n > 0 ? count : 0, seed);
    printf("fuzz: %zu inputs, %ld mutations\n", c->n, count);
    for (size_t i = 0; i < c->n; i++)
        free(c->input[i].data);
    free(c);
    return 0;
}
