/* Where the shipped definitions are when no configuration says it. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

enum { LEVELS = 4 };

static int holds(const char *folder, char *ret, size_t size)
{
    char probe[PATH_MAX + 16];
    snprintf(probe, sizeof probe, "%s/feeds", folder);
    return access(probe, R_OK) == 0 && snprintf(ret, size, "%s", folder) < (int)size;
}

/* From the program upwards: PREFIX/bin has PREFIX/share/gnomon beside it, the folder a tree was built in has config. */
static int beside_program(char *ret, size_t size)
{
    char program[PATH_MAX], folder[PATH_MAX + 16];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n <= 0)
        return 0;
    program[n] = '\0';
    for (int level = 0; level < LEVELS; level++) {
        char *slash = strrchr(program, '/');
        if (slash == NULL || slash == program)
            return 0;
        *slash = '\0';
        snprintf(folder, sizeof folder, "%s/share/gnomon", program);
        if (holds(folder, ret, size))
            return 1;
        snprintf(folder, sizeof folder, "%s/config", program);
        if (holds(folder, ret, size))
            return 1;
    }
    return 0;
}

void cli_share(char *ret, size_t size)
{
    static const char *const places[] = { "/usr/share/gnomon", "/usr/local/share/gnomon", "config" };
    if (beside_program(ret, size))
        return;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (holds(places[i], ret, size))
            return;
    snprintf(ret, size, "%s", places[0]);
}
