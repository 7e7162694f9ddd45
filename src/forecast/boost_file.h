/* The parts that model file, cuts file and checkpoint share, inside the boosting. */
#ifndef FORECAST_BOOST_FILE_H
#define FORECAST_BOOST_FILE_H

#include "forecast/boost_bytes.h"
#include "forecast/boost_cuts.h"
#include "forecast/boost_forest.h"

/* Columns: kind, cuts or levels. Reading checks everything; -EBADMSG or -ENOMEM. */
void boost_write_columns(struct bytes_out *out, const struct boost_cuts *cuts);
int boost_read_columns(struct bytes_in *in, size_t columns, struct boost_cuts **ret);

/* Trees whose nodes stand level by level. `unit` above 0: leaves are 16-bit multiples of it. */
void boost_write_trees(struct bytes_out *out, const struct boost_forest *forest, const struct boost_cuts *cuts, float unit);
int boost_read_trees(struct bytes_in *in, const struct boost_cuts *cuts, size_t trees, float unit, struct boost_forest **ret);

#endif
