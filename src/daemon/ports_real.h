/* The real ports of a configuration: libmodbus lines, libcurl, the kernel's meters. */
#ifndef DAEMON_PORTS_REAL_H
#define DAEMON_PORTS_REAL_H

#include "daemon/state.h"

struct port_maker ports_real(void);

#endif
