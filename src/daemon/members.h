/* The settings of the forecasters: what is compiled in, and over it every definition SHARE/models/NAME.model.
 *
 * No such folder is no error: the compiled-in settings are those of the shipped files. A definition that cannot be read, an unknown name and a number out of range
 * are refused with file and line, and `ret` keeps what it held. */
#ifndef DAEMON_MEMBERS_H
#define DAEMON_MEMBERS_H

#include "forecast/settings.h"
#include "gnomon/why.h"

int members_read(const char *share, struct settings *ret, struct gnm_why *why);

#endif
