/* What the readers of forecast.db share. Private to this folder. */
#ifndef STORE_QUERY_FILE_H
#define STORE_QUERY_FILE_H

#include "store/db.h"
#include "store/query.h"

struct query { struct store db; };   /* a connection is a connection: the helpers of state.db serve here too */

#endif
