/* From registers to a reading, as the map says. Pure.
 * What the device marks as not there becomes NaN; what lies outside the map's range becomes NaN and counts as rejected. */
#ifndef DEVICE_DECODE_H
#define DEVICE_DECODE_H

#include "device/image.h"

/* Fills values and `rejected`; the times stay the caller's. */
void decode_reading(const struct image *image, struct gnm_reading *ret);
/* The text of [word NAME] type = text: printable ASCII, trimmed; empty when not read. Also from older samples. */
void decode_text(const struct image *image, const char *name, char *ret, size_t size);

#endif
