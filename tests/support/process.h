/* What system tests need: temporary folders, free ports, real programs started, watched and stopped. Every failure ends the test. */
#ifndef SUPPORT_PROCESS_H
#define SUPPORT_PROCESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Paths the Makefile passes in. */
const char *support_build(void);              /* GNOMON_BUILD, default "build" */
const char *support_root(void);               /* GNOMON_ROOT, default "." */

/* A folder below TMPDIR that other users may enter; removed by support_remove. */
void support_folder(char ret[128]);
void support_remove(const char *folder);
int support_free_port(void);                  /* on 127.0.0.1, free a moment ago */

void support_write(const char *folder, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Whole file as text, "" when absent; free() it. */
char *support_read(const char *folder, const char *name);
/* Number of times `needle` occurs in the file. */
int support_count(const char *folder, const char *name, const char *needle);
/* Waits until `needle` occurs at least `times` times; 0, or -1 after `seconds`. */
int support_wait_for(const char *folder, const char *name, const char *needle, int times, double seconds);

/* Starts argv with both outputs appended to folder/log. */
pid_t support_start(const char *folder, const char *log, char *const argv[]);
/* Sends a signal and waits for the end: milliseconds it took, or -1 after `seconds` (then killed). `status` may be NULL. */
int64_t support_stop(pid_t pid, int signal, double seconds, int *status);
int support_running(pid_t pid);
int64_t support_now_ms(void);
void support_sleep(double seconds);

/* First column of the first row of an SQL query on a database file, through the sqlite3 program; "" when it failed; free() it. */
char *support_sql(const char *database, const char *query);

#endif
