#include "energy/row.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void row_put(struct row_writer *w, double x, int digits)
{
    char number[40] = "-";
    if (isfinite(x))
        text_number(number, sizeof number, x, digits);
    int n = snprintf(w->at, w->left, "%s ", number);
    size_t used = n < 0 ? 0 : (size_t)n < w->left ? (size_t)n : w->left - 1;
    w->at += used;
    w->left -= used;
}

int row_take(const char **text, double *ret)
{
    char word[40];
    *text += strspn(*text, " ");
    size_t n = strcspn(*text, " ");
    if (n == 0 || n >= sizeof word)
        return 0;
    memcpy(word, *text, n);
    word[n] = '\0';
    *text += n;
    *ret = NAN;
    text_double(word, ret);
    return 1;
}

int row_take_all(const char *text, double *ret, size_t n)
{
    size_t i = 0;
    while (i < n && row_take(&text, &ret[i]))
        i++;
    return i == n;
}
