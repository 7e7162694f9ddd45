/* How much of the world's reporting mentions a subject: a slowly moving share with sudden crises. Pure. */
#ifndef WORLD_NEWS_H
#define WORLD_NEWS_H

#include <stdint.h>

/* Percent of all articles on a UTC day. Each query text is a subject of its own. */
double news_share_pct(uint64_t seed, const char *query, int64_t day);
/* Articles monitored on a day, fewer at weekends; and those that mention the subject. */
int64_t news_articles(uint64_t seed, int64_t day);
int64_t news_mentions(uint64_t seed, const char *query, int64_t day);
/* The share of a day's articles that has been found by now: the rest is found within three days. */
double news_found_ratio(uint64_t seed, int64_t day, int64_t now_s);

#endif
